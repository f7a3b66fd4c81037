using Unmask.Core.Parameters;
using Unmask.Engine.Modeling.Adapters;
using Unmask.Engine.Modeling.Adapters.Planning;
using Unmask.Engine.Modeling.Adapters.Targets;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Engine.Objectives.Losses;
using Unmask.Engine.Training;
using Unmask.Engine.Training.Optimization;
using Unmask.Tests.Models;
using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Training;

/// <summary>Runs of the originals that train an adapter alone, from the start values that peft drew.</summary>
public sealed class GoldenAdapterTrainingTests
{
    private const string Run = "train_lora";

    public static TheoryData<string> Folders() => new(
        GoldenModelTests.Folders().Select(row => row.Data).Where(model => GoldenTrainingTests.Description(model)["training_runs"]![Run] is not null));

    [Theory, MemberData(nameof(Folders))]
    public void Run_follows_the_original(string name)
    {
        var description = GoldenTrainingTests.Description(name);
        var run = description["training_runs"]![Run]!;
        var lora = description["lora"]!;
        using var scope = NewDisposeScope();
        var folder = ModelFolder.Open(Path.Combine(Fixtures.Golden, name));
        using var model = folder.Load().Model;
        using var fixture = new FixtureTensors(Path.Combine(folder.Path, "fixture.safetensors"));
        var settings = new LoraSettings { Rank = lora["r"]!.GetValue<int>(), Alpha = lora["lora_alpha"]!.GetValue<double>(), Targets = TargetModules.Of(["all-linear"]) };
        using var adapter = LoraAdapter.Fresh(AdapterPlan.Of(settings, folder.Architecture, folder.Config), seed: 1, CPU, ScalarType.Float32);
        // In memory the names of the original have the adapter's own name in them.
        static string InMemory(string parameter) => parameter.Replace(".weight", ".default.weight", StringComparison.Ordinal);
        using (no_grad())
        {
            foreach (var (parameter, value) in adapter.Parameters.Where(p => p.Name.Contains("lora_A", StringComparison.Ordinal))) value.copy_(fixture.Float($"{Run}.init.{InMemory(parameter)}"));
        }

        model.Freeze();
        adapter.HangOn(model);
        var before = model.Parameters.Select(parameter => parameter.Value.clone()).ToArray();
        using var optimizer = new AdamW(adapter.Parameters, new AdamWOptions(WeightDecay: run["weight_decay"]!.GetValue<double>()));
        var step = new TrainingStep(model, optimizer, run["max_grad_norm"]!.GetValue<double>());
        foreach (var (noised, i) in GoldenTrainingTests.MicroBatches(fixture, Run, run).Select((noised, i) => (noised, i)))
        {
            var weighted = new WeightedBatch(noised, Normalizer.Of([noised.Clean], LossNorm.Token).ScoredWeights(noised));
            var result = step.Run([weighted], run["learning_rate"]!.GetValue<double>());
            GoldenTrainingTests.Close(run["micro_loss"]![i]!.GetValue<double>(), result.Loss.Loss, i < 3 ? 1e-5 : 1e-4, $"loss of step {i + 1}");
            GoldenTrainingTests.Close(run["grad_norm_before_clip"]![i]!.GetValue<double>(), result.GradientNorm!.Value, i < 3 ? 1e-5 : 1e-4, $"gradient norm of step {i + 1}");
        }

        foreach (var (parameter, value) in adapter.Parameters)
        {
            GoldenTrainingTests.Close(run["final_weight_norms"]![InMemory(parameter)]!.GetValue<double>(), value.norm().item<float>(), 1e-4, $"norm of {parameter}");
        }

        Assert.All(model.Parameters.Zip(before), pair => Assert.True(pair.First.Value.equal(pair.Second).all().item<bool>(), pair.First.Name));
    }
}
