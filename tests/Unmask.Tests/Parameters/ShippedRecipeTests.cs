using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Recipes;
using Xunit;

namespace Unmask.Tests.Parameters;

/// <summary>The recipes that come with the program.</summary>
public class ShippedRecipeTests
{
    private static string Folder => Path.Combine(Fixtures.Root, "recipes");

    public static TheoryData<string> Recipes => [.. Directory.EnumerateFiles(Folder, "*.yaml", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Folder, file)).Order(StringComparer.Ordinal)];

    /// <summary>Errors and warnings alike; what their model and data are like is not known here.</summary>
    [Theory, MemberData(nameof(Recipes))]
    public void Its_settings_have_no_problem(string recipe) => Assert.Empty(Load(recipe).Check());

    /// <summary>A recipe can be moved to another working directory: its paths lead from its own folder.</summary>
    [Theory, MemberData(nameof(Recipes))]
    public void It_trains_on_what_is_shipped_or_says_what_to_fetch(string recipe)
    {
        var parameters = Load(recipe).Parameters;
        var samples = Path.Combine(Fixtures.Root, "samples");
        if (parameters.Dataset!.StartsWith(samples, StringComparison.Ordinal)) Assert.True(File.Exists(parameters.Dataset), parameters.Dataset);
        else Assert.Contains("# dataset: ", File.ReadAllText(Path.Combine(Folder, recipe)), StringComparison.Ordinal);
        if (parameters.Model is not null) Assert.Contains("# model: ", File.ReadAllText(Path.Combine(Folder, recipe)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("modernbert-chat.yaml", TrainingMethod.Bert, 384, 10, 1e-4, 1024)]
    [InlineData("dream-7b-lora.yaml", TrainingMethod.Dream, 4, 5, 2e-5, 1024)]
    [InlineData("llada-8b-4bit-lora.yaml", TrainingMethod.Llada, 4, 5, 2e-5, 2048)]
    public void The_published_trainings_keep_the_published_numbers(string recipe, TrainingMethod method, int rowsAStep, int epochs, double rate, int length)
    {
        var p = Load(recipe).Parameters;
        Assert.Equal((method, rowsAStep, epochs, rate, length), (p.TrainingMethod, p.BatchSize * p.GradientAccumulationSteps, p.NumTrainEpochs, p.LearningRate, p.MaxLength));
        if (p.Lora) Assert.Equal((32, 64, 0.05), (p.LoraR, p.LoraAlpha, p.LoraDropout));
        Assert.Equal(recipe.Contains("4bit", StringComparison.Ordinal), p.LoadIn4bit);
    }

    private static Recipe Load(string recipe) => Recipe.Load(Path.Combine(Folder, recipe), workingDirectory: Path.GetTempPath());
}
