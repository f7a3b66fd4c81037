using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Recipes;
using Unmask.Core.Parameters.Validation;
using Xunit;

namespace Unmask.Tests.Parameters;

public sealed class RecipeFieldsTests
{
    [Theory]
    [InlineData("quickstart.yaml")]
    [InlineData("dream-7b-lora.yaml")]
    [InlineData("tiny/dream-base.yaml")]
    [InlineData("tiny/modernbert-chat.yaml")]
    public void A_form_holds_a_recipe_whole(string name)
    {
        var parameters = Recipe.Load(Path.Combine(Fixtures.Root, "recipes", name)).Parameters;

        var read = Recipe.FromFields(RecipeFields.Of(parameters));

        Assert.Equal(parameters, read.Parameters);
    }

    [Fact]
    public void Texts_with_marks_of_YAML_stay_as_they_are()
    {
        var parameters = new TrainParameters { InputTemplate = "{{ question }}: # \"no\"", SamplePrompts = ["[a, b]", "'c'", "d: e"], ChatTemplate = "null" };

        Assert.Equal(parameters, Recipe.FromFields(RecipeFields.Of(parameters)).Parameters);
    }

    [Fact]
    public void A_wrong_field_has_the_sentence_of_the_terminal()
    {
        var recipe = Recipe.FromFields(new Dictionary<string, string> { ["batch_size"] = "0", ["learning_rate"] = "fast", ["dataset"] = "rows.jsonl", ["model_size"] = "tiny" });

        var problems = recipe.Check();

        Assert.Contains(new Problem(Severity.Error, "batch_size", "batch_size is 0. It must be at least 1."), problems);
        Assert.Contains(new Problem(Severity.Error, "learning_rate", "learning_rate is \"fast\". It must be a number of at least 1e-6."), problems);
    }

    [Fact]
    public void An_empty_field_means_the_default() => Assert.Equal(new TrainParameters(), Recipe.FromFields(ParameterCatalog.Settings.ToDictionary(setting => setting.Name, _ => " ")).Parameters);

    [Fact]
    public void Changes_alone_are_a_recipe()
    {
        var parameters = Recipe.Load(Path.Combine(Fixtures.Root, "recipes", "quickstart.yaml")).Parameters;

        var yaml = ConfigFile.WriteChanges(parameters, "A title");

        Assert.StartsWith("# A title\n\n", yaml);
        Assert.DoesNotContain("weight_decay", yaml);
        Assert.Equal(parameters, Recipe.Parse(yaml).Parameters);
    }
}
