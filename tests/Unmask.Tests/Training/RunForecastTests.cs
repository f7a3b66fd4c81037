using Unmask.Core.Events;
using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Recipes;
using Unmask.Core.Parameters.Validation;
using Unmask.Core.Planning;
using Unmask.Engine.Modeling.Adapters.Planning;
using Unmask.Engine.Modeling.Architectures;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Engine.Planning;
using Unmask.Engine.Training.Preparation;
using Xunit;

namespace Unmask.Tests.Training;

public sealed class RunForecastTests : IDisposable
{
    private readonly TinyRun run = new();

    public void Dispose() => run.Dispose();

    [Fact]
    public void What_a_plan_says_of_rows_and_steps_is_what_the_run_does()
    {
        var forecast = Planned(probe: true);
        run.Train(_ => run.Parameters);

        Assert.DoesNotContain(forecast.Problems, problem => problem.Severity == Severity.Error);
        Assert.True(forecast.Probe is { Steps: > 0, SecondsPerStep: > 0, TokensPerSecond: > 0 });
        var steps = forecast.Steps!;
        Assert.Equal(steps.EvaluatesAt, run.Events.OfType<EvaluationFinished>().Select(evaluation => evaluation.Step));
        Assert.Equal(steps.Total, run.Events.OfType<RunFinished>().Single().Step);
        Assert.Equal(steps.LogsEvery, run.Events.OfType<StepLogged>().First().Step);
        Assert.Superset(steps.SavesAt.ToHashSet(), run.Events.OfType<CheckpointSaved>().Select(saved => saved.Step).ToHashSet());
        Assert.Equal(forecast.Data!.TrainFingerprint, DataReportOf(run["run/data/report.json"]));
    }

    [Fact]
    public void What_a_plan_warns_of_in_the_data_is_told_once()
    {
        var forecast = Planned(false, $"eval_dataset={run.Parameters.Dataset}");

        Assert.All(forecast.Data!.Warnings, warning => Assert.Equal("dataset", Assert.Single(forecast.Problems, problem => problem.Sentence == warning).Setting));
        Assert.NotEmpty(forecast.Data.Warnings);
    }

    [Fact]
    public void A_plan_tells_all_problems_and_does_not_stop_at_the_first()
    {
        var forecast = Planned(false, "dataset=nowhere.jsonl", "batch_size=0", "model_size=enormous");

        Assert.False(forecast.CanStart);
        Assert.Null(forecast.Memory);
        Assert.Equal(["batch_size", "dataset", "model_size"], forecast.Problems.Where(problem => problem.Severity == Severity.Error).Select(problem => problem.Setting).Order());
    }

    [Fact]
    public void Every_way_to_less_memory_is_less_and_the_last_one_fits_or_is_the_least()
    {
        var parameters = run.Parameters with { BatchSize = 8, MaxLength = 65536 };
        var subject = TrainingSubject.Prepare(parameters, run["tokenizer"]);
        var load = new BatchLoad(8 * 65536, 8L * 65536 * 65536, 65536);
        var before = MemoryNeeds.Of(parameters, subject.Architecture, subject.Config, adapter: null, load, onGpu: false).Peak;

        var remedies = MemoryRemedies.Of(parameters, subject, load, onGpu: false, available: before / 2);

        Assert.NotEmpty(remedies);
        Assert.All(remedies, remedy => Assert.True(remedy.MemoryBytes < before));
        Assert.All(remedies, remedy => Assert.Equal(remedy.MemoryBytes <= 0.9 * (before / 2), remedy.Suffices));
    }

    [Theory]
    [InlineData(false, false, 112.2)]
    [InlineData(true, false, 17.4)]
    [InlineData(true, true, 7.0)]
    public void An_8B_model_takes_what_the_formulas_of_the_field_say(bool lora, bool in4bit, double gigabytes)
    {
        var architecture = ModelCatalog.Named("llada");
        var config = NewModel.Configure(architecture, "8b", new VocabularyFacts(126464) { Mask = 126336, Pad = 126081, Eos = 126081 });
        var parameters = run.Parameters with { Model = "llada-8b", Lora = lora, LoadIn4bit = in4bit, Dtype = TrainDtype.Bfloat16 };
        var adapter = lora ? AdapterPlan.Of(LoraSettings.Of(parameters, "llada-8b"), architecture, config) : null;
        var weights = WeightNeeds.Of(parameters, config, adapter);

        Assert.Equal(8_015_581_184 + (lora ? 83_886_080 : 0), weights.All);
        Assert.Equal(lora ? 83_886_080 : 8_015_581_184, weights.Trained);
        // Weights, gradients and optimizer: 14 bytes a value in full (the master weights share their upper half with the weights), all but the trained ones 2 bytes or 4.127 bits with adapters.
        var bytes = weights.Bytes + weights.TrainedBytes + weights.OptimizerBytes;
        Assert.Equal(gigabytes, bytes / 1e9, tolerance: 0.03 * gigabytes);
    }

    private RunForecast Planned(bool probe, params string[] overrides)
    {
        var recipe = Recipe.Parse(ConfigFile.Write(run.Parameters), run["recipe.yaml"], overrides);
        return Forecast.Of(recipe, Directory.CreateDirectory(run["plan"]).FullName, probe, run, CancellationToken.None);
    }

    private static string DataReportOf(string file) =>
        System.Text.Json.JsonDocument.Parse(File.ReadAllBytes(file)).RootElement.GetProperty("train_fingerprint").GetString()!;
}
