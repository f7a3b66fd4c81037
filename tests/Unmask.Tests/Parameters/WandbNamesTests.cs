using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Validation;
using Unmask.Core.Tracking.Wandb;
using Xunit;

namespace Unmask.Tests.Parameters;

/// <summary>A name that Weights &amp; Biases would refuse is found before the run.</summary>
public class WandbNamesTests
{
    private static readonly TrainParameters Reported = new() { Dataset = "/d", ModelSize = "tiny", LogToWandb = true };

    [Theory]
    [InlineData("team/dream")]
    [InlineData("a\\b")]
    [InlineData("run #1")]
    [InlineData("why?")]
    [InlineData("50%")]
    [InlineData("a:b")]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("two\nlines")]
    public void A_project_has_a_name_that_is_taken(string name)
    {
        Assert.Equal(["wandb_project"], Errors(Reported with { WandbProject = name }));
        Assert.Empty(Errors(Reported with { WandbProject = name, LogToWandb = false }));
        if (!string.IsNullOrWhiteSpace(name)) Assert.StartsWith("WANDB_PROJECT", Assert.Single(Of(Reported, ("WANDB_PROJECT", name))), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_name_is_checked()
    {
        var longName = new string('x', 129);
        Assert.Equal(["wandb_project"], Errors(Reported with { WandbProject = longName }));
        Assert.Equal(["wandb_entity"], Errors(Reported with { WandbEntity = "my team" }));
        Assert.Equal(["wandb_name"], Errors(Reported with { WandbName = longName }));
        Assert.Equal(["wandb_group"], Errors(Reported with { WandbGroup = "" }));
        Assert.Equal(["wandb_tags", "wandb_tags"], Errors(Reported with { WandbTags = ["good", "", new string('x', 65)] }));
        Assert.Empty(Errors(Reported with { WandbProject = "My dream_1.0-b", WandbEntity = "team-1", WandbName = "a / b: 50%?", WandbGroup = "g", WandbTags = [new string('x', 64)] }));
    }

    [Fact]
    public void Variables_are_checked_where_they_count()
    {
        Assert.Equal(6, Of(Reported, ("WANDB_ENTITY", "a/b"), ("WANDB_NAME", new string('x', 200)), ("WANDB_RUN_GROUP", "a\tb"), ("WANDB_JOB_TYPE", new string('x', 200)), ("WANDB_RUN_ID", "a:b"), ("WANDB_TAGS", "a, " + new string('x', 65))).Count());
        Assert.Empty(Of(Reported with { WandbProject = "mine" }, ("WANDB_PROJECT", "a/b")));
        Assert.Empty(Of(Reported, ("WANDB_PROJECT", "a/b"), ("WANDB_MODE", "disabled")));
        Assert.Empty(Of(Reported with { LogToWandb = false }, ("WANDB_PROJECT", "a/b")));
        Assert.Empty(Of(Reported, ("WANDB_PROJECT", " ")));
    }

    [Fact]
    public void A_role_is_mapped_to_one_that_templates_know()
    {
        var parameters = Reported with { LogToWandb = false };
        Assert.Empty(Errors(parameters with { RoleMapping = new([new("narrator", "user")]) }));
        Assert.Equal(["role_mapping"], Errors(parameters with { RoleMapping = new([new("narrator", "usr")]) }));
        Assert.Equal(["role_mapping"], Errors(parameters with { RoleMapping = new([new("narrator", 1)]) }));
    }

    private static IEnumerable<string?> Errors(TrainParameters parameters) =>
        ParameterValidation.Check(parameters, ValidationFacts.None).Where(problem => problem.Severity == Severity.Error).Select(problem => problem.Setting);

    private static IEnumerable<string> Of(TrainParameters parameters, params (string Name, string Value)[] variables) =>
        WandbEnvironment.Problems(parameters, name => variables.FirstOrDefault(variable => variable.Name == name).Value);
}
