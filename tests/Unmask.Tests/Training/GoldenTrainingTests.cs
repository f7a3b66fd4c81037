using System.Text.Json.Nodes;
using Unmask.Core.Parameters;
using Unmask.Engine.Data;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Engine.Objectives.Losses;
using Unmask.Engine.Objectives.Mdlm;
using Unmask.Engine.Training;
using Unmask.Engine.Training.Optimization;
using Unmask.Tests.Models;
using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Training;

/// <summary>Training runs of the originals: losses, gradient norms, learning rates and final weights, on the rows, times and masks that they drew.</summary>
public sealed class GoldenTrainingTests
{
    public static TheoryData<string, string> Runs()
    {
        var runs = new TheoryData<string, string>();
        foreach (var row in GoldenModelTests.Folders())
        {
            foreach (var (name, run) in Description(row.Data)["training_runs"]!.AsObject())
            {
                // Runs of adapters are in GoldenAdapterTrainingTests.
                if (run!["optimizer_steps"] is not null) runs.Add(row.Data, name);
            }
        }

        return runs;
    }

    [Theory, MemberData(nameof(Runs))]
    public void Run_follows_the_original(string model, string run) => Follow(model, run, ScalarType.Float32, scale: null, new Allowed(Early: 1e-5, Late: 1e-4, Norms: 1e-4, Weights: 1e-3));

    /// <summary>Weights and activations have 11 bits, so a loss is right to some 1e-3; where a gradient norm is a sum of what nearly cancels it is less so.</summary>
    [Theory, MemberData(nameof(Runs))]
    public void Run_in_float16_follows_the_original_within_its_precision(string model, string run)
    {
        var scale = new LossScale { Factor = 1024 };
        Follow(model, run, ScalarType.Float16, scale, new Allowed(Early: 1e-2, Late: 3e-2, Norms: 1e-2, Weights: 3e-2));
        Assert.Equal(0, scale.SkippedSteps);
    }

    /// <summary>Relative differences.</summary>
    private sealed record Allowed(double Early, double Late, double Norms, double Weights);

    private static void Follow(string model, string run, ScalarType dtype, LossScale? scale, Allowed allowed)
    {
        var description = Description(model)["training_runs"]![run]!;
        var steps = description["optimizer_steps"]!.GetValue<int>();
        var accumulation = description["gradient_accumulation_steps"]?.GetValue<int>() ?? 1;
        using var scope = NewDisposeScope();
        using var trained = ModelFolder.Open(Path.Combine(Fixtures.Golden, model)).Load(dtype: dtype).Model;
        using var fixture = new FixtureTensors(Path.Combine(Fixtures.Golden, model, "fixture.safetensors"));
        using var optimizer = new AdamW(trained.Parameters, new AdamWOptions(WeightDecay: description["weight_decay"]!.GetValue<double>()));
        var step = new TrainingStep(trained, optimizer, description["max_grad_norm"]!.GetValue<double>(), scale: scale);
        var schedule = Schedule(description, steps);
        var micro = MicroBatches(fixture, run, description);

        for (var i = 0; i < steps; i++)
        {
            var group = micro.Skip(i * accumulation).Take(accumulation).ToArray();
            // The original weighs each micro-batch for itself; it divides by their number only where its model takes no loss arguments.
            var share = description["model_accepts_loss_kwargs"]!.GetValue<bool>() ? 1f : 1f / accumulation;
            var weighted = group.Select(noised => new WeightedBatch(
                noised, [.. Normalizer.Of([noised.Clean], LossNorm.Token).ScoredWeights(noised).Select(w => w * share)])).ToArray();
            var rate = schedule.At(i);
            Assert.Equal(description["lr"]![i]!.GetValue<double>(), rate, 1e-6 * rate + 1e-15);
            var result = step.Run(weighted, rate);
            var expected = Enumerable.Range(0, accumulation).Sum(m => description["micro_loss"]![i * accumulation + m]!.GetValue<double>()) * share;
            Close(expected, result.Loss.Loss, i < 3 ? allowed.Early : allowed.Late, $"loss of step {i + 1}");
            Close(description["grad_norm_before_clip"]![i]!.GetValue<double>(), result.GradientNorm!.Value, i < 3 ? allowed.Early : allowed.Late, $"gradient norm of step {i + 1}");
        }

        var noise = Description(model)["loss_cases"]!["mdlm_linear"]!["f32_vs_f64"]!["grads_that_are_pure_noise"]?.AsArray().Select(n => n!.GetValue<string>()).ToHashSet() ?? [];
        foreach (var (name, value) in trained.Parameters)
        {
            if (noise.Contains(name)) continue;
            Close(description["final_weight_norms"]![name]!.GetValue<double>(), value.to(ScalarType.Float32).norm().item<float>(), allowed.Norms, $"norm of {name}");
            if (fixture.Has($"{run}.final.{name}")) Assert.InRange(FixtureTensors.RelativeDifference(value, fixture.Float($"{run}.final.{name}")), 0, allowed.Weights);
        }
    }

    public static TheoryData<string, string> RunsThatListWhatDecays => [.. Runs().Where(row => Decayed(row.Data.Item1, row.Data.Item2) is not null)];

    [Theory(SkipTestWithoutData = true), MemberData(nameof(RunsThatListWhatDecays))]
    public void Weight_decay_applies_to_the_same_parameters(string model, string run)
    {
        var decayed = Decayed(model, run)!;
        using var trained = ModelFolder.Open(Path.Combine(Fixtures.Golden, model)).Load().Model;
        var names = trained.Parameters.Select(p => p.Name).ToHashSet();
        // The original lists a tied tensor under the name of the decoder as well.
        var expected = decayed.Select(n => n!.GetValue<string>()).Where(names.Contains);
        Assert.Equal(expected.Order(), names.Where(AdamW.Decays).Order());
    }

    private static JsonArray? Decayed(string model, string run) => Description(model)["training_runs"]![run]!["decayed_parameters"] as JsonArray;

    internal static JsonNode Description(string model) => JsonNode.Parse(File.ReadAllText(Path.Combine(Fixtures.Golden, model, "fixture.json")))!;

    private static LearningRateSchedule Schedule(JsonNode run, int steps) => new(
        run["lr_scheduler_type"]!.GetValue<string>() switch
        {
            "cosine" => LearningRateScheduleKind.Cosine,
            "linear" => LearningRateScheduleKind.Linear,
            "constant_with_warmup" => LearningRateScheduleKind.ConstantWithWarmup,
            _ => LearningRateScheduleKind.Constant,
        },
        run["learning_rate"]!.GetValue<double>(),
        run["warmup_steps"]?.GetValue<long>() ?? StepPlan.WarmupFromRatio(steps, run["warmup_ratio"]?.GetValue<double>() ?? 0),
        steps);

    internal static List<NoisedBatch> MicroBatches(FixtureTensors fixture, string run, JsonNode description)
    {
        var widths = description["seq_lengths"]!.AsArray();
        var shape = fixture.Raw($"{run}.input_ids").shape;
        var (count, rows, stored) = ((int)shape[0], (int)shape[1], (int)shape[2]);
        var (ids, labels, attention, masked) = (fixture.Ints($"{run}.input_ids"), fixture.Ints($"{run}.labels"), fixture.Ints($"{run}.attention_mask"), fixture.Ints($"{run}.masked"));
        var times = fixture.Float($"{run}.t").flatten().data<float>().ToArray();
        var corruption = new Corruption(OptionsOf(description), maskId: MaskId(fixture));
        var result = new List<NoisedBatch>();
        for (var s = 0; s < count; s++)
        {
            var width = widths[s]!.GetValue<int>();
            int[] Cut(int[] all) => [.. Enumerable.Range(0, rows).SelectMany(r => all.Skip((s * rows + r) * stored).Take(width))];
            var batch = new Batch
            {
                Rows = rows,
                Width = width,
                Ids = Cut(ids),
                Labels = Cut(labels),
                Lengths = [.. Enumerable.Range(0, rows).Select(r => attention.Skip((s * rows + r) * stored).Take(width).Sum())],
                ExampleIndex = new long[rows],
                OrderIndex = new long[rows],
                PromptLengths = new int[rows],
            };
            result.Add(corruption.Apply(batch, times.AsSpan(s * rows, rows), [.. Cut(masked).Select(m => m != 0)]));
        }

        return result;
    }

    /// <summary>The loss of a run; Dream's own trainer shifts logits, the other does not, whatever the model.</summary>
    private static CorruptionOptions OptionsOf(JsonNode description)
    {
        var recipe = new TrainParameters { LossWeightType = description["loss_weight_type"]?.GetValue<string>() ?? "scheduler" };
        return CorruptionOptions.Of(recipe, shiftsLogits: description["trainer"]!.GetValue<string>() == "DreamTrainer");
    }

    private static int MaskId(FixtureTensors fixture)
    {
        // Every loss case holds the noised ids, so the mask id is what stands where mdlm_linear masked.
        var noised = fixture.Ints("loss.mdlm_linear.noised_ids");
        var where = fixture.Ints("loss.mdlm_linear.masked");
        return noised[Array.IndexOf(where, 1)];
    }

    internal static void Close(double expected, double actual, double relative, string what) =>
        Assert.True(Math.Abs(expected - actual) <= relative * Math.Abs(expected), $"{what}: {actual} instead of {expected}");
}
