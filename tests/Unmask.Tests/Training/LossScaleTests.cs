using Unmask.Core.Events;
using Unmask.Core.Parameters;
using Unmask.Engine.Modeling.Blocks;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Engine.Objectives.Mdlm;
using Unmask.Engine.Training;
using Unmask.Engine.Training.Optimization;
using Unmask.Engine.Training.Preparation;
using Unmask.Tests.Diffusion;
using Unmask.Tests.Models;
using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Training;

/// <summary>Training in float16: what the factor on the loss does, and that nothing of it is lost.</summary>
public sealed class LossScaleTests
{
    [Fact]
    public void The_factor_halves_at_once_and_doubles_after_a_while()
    {
        var scale = new LossScale();
        scale.BackOff();
        Assert.Equal((32768, 1), (scale.Factor, scale.SkippedSteps));
        for (var step = 1; step < LossScale.GrowthInterval; step++) scale.Grow();
        Assert.Equal(32768, scale.Factor);
        scale.Grow();
        Assert.Equal((65536, 0), (scale.Factor, scale.SteadySteps));
    }

    [Fact]
    public void A_step_that_overflows_changes_no_weight_and_counts_as_no_update()
    {
        using var run = new TinyRun();

        Assert.Equal(RunOutcome.Done, run.Train(p => p with { Dtype = TrainDtype.Float16, TrainSteps = 12, LogHistograms = true }));

        var logged = run.Events.OfType<StepLogged>().ToArray();
        Assert.All(logged, one => Assert.True(double.IsFinite(one.Loss)));
        Assert.Equal(12, logged.Length);
        var skipped = logged[^1].SkippedSteps!.Value;
        Assert.Equal(skipped, logged.Count(one => one.GradNorm is null));
        Assert.Equal(65536 / Math.Pow(2, skipped), logged[^1].LossScale);
        Assert.Equal(skipped, run.Events.OfType<Notice>().Count(notice => notice.Message.Contains("overflowed float16", StringComparison.Ordinal)));
        Assert.True(logged[^1].Loss < logged[0].Loss);
    }

    [Fact]
    public void A_step_whose_gradients_do_not_fit_into_exact_sums_names_that_bound()
    {
        using var run = new TinyRun();

        Assert.Equal(RunOutcome.Done, run.Train(p => p with { Dtype = TrainDtype.Float16, Deterministic = true, TrainSteps = 12 }));

        var skipped = run.Events.OfType<StepLogged>().Last().SkippedSteps!.Value;
        Assert.InRange(skipped, 1, 11);
        Assert.Equal(skipped, run.Events.OfType<Notice>().Count(notice => notice.Message.Contains("was above 256", StringComparison.Ordinal)));
    }

    [Fact]
    public void First_steps_that_are_looked_at_are_those_that_change_weights()
    {
        using var run = new TinyRun();
        // Its sums take no gradient above 256, so that the first steps are skipped.
        var parameters = run.Parameters with { Dtype = TrainDtype.Float16, Deterministic = true };
        var subject = TrainingSubject.Prepare(parameters, run["tokenizer"]);
        using var data = TrainingRows.Prepare(parameters, subject, run["tokenizer"], run["data"], run, TestContext.Current.CancellationToken);
        using var weights = subject.LoadWeights(CPU, ScalarType.Float16, static _ => { });
        using var steps = new FirstSteps(parameters, subject, weights, data.Train, learningRate: 1e-3);

        for (var step = 0; step < 5; step++)
        {
            var before = weights.Parameters.Sum(parameter => parameter.Value.to(ScalarType.Float64).sum().item<double>());
            var (result, tokens, _) = steps.Next(TestContext.Current.CancellationToken);
            Assert.True(result.GradientNorm > 0 && tokens > 0);
            Assert.NotEqual(before, weights.Parameters.Sum(parameter => parameter.Value.to(ScalarType.Float64).sum().item<double>()));
        }
    }

    [Fact]
    public void A_run_that_was_stopped_goes_on_to_the_same_bits()
    {
        TrainParameters Halves(TrainParameters p) => p with { Dtype = TrainDtype.Float16, TrainSteps = 8, SaveSteps = 100 };
        using var whole = new TinyRun();
        whole.Train(Halves);
        using var stop = new CancellationTokenSource();
        using var parts = new TinyRun { Parameters = whole.Parameters, OnEvent = happened => { if (happened is StepLogged { Step: 5 }) stop.Cancel(); } };
        Assert.Equal(RunOutcome.Stopped, parts.Train(Halves, stop: stop.Token));
        Assert.Equal(RunOutcome.Done, parts.Resume("run"));

        Assert.Equal(File.ReadAllBytes(whole["run/outputs/model.safetensors"]), File.ReadAllBytes(parts["run/outputs/model.safetensors"]));
        (double, double?, double?)[] Curve(TinyRun run) => [.. run.Events.OfType<StepLogged>().Select(one => (one.Loss, one.GradNorm, one.LossScale))];
        Assert.Equal(Curve(whole), Curve(parts));
    }

    [Fact]
    public void Small_updates_survive_in_the_float32_copy()
    {
        using var scope = NewDisposeScope();
        var weight = ones(8, dtype: ScalarType.Float16).requires_grad_();
        using var optimizer = new AdamW([new NamedParameter("w.weight", weight)], new AdamWOptions());
        for (var step = 0; step < 100; step++)
        {
            weight.grad = ones(8, dtype: ScalarType.Float16);
            // A thirtieth of the last bit of 1 in float16.
            optimizer.Step(3e-5);
        }

        Assert.Equal(0.997, weight.to(ScalarType.Float32)[0].item<float>(), 1e-3);
        Assert.Equal(0.997, optimizer.State().Single(tensor => tensor.Name == "master.w.weight").Value[0].item<float>(), 1e-5);
    }

    [Fact]
    public void Gradients_that_are_never_finite_end_the_run()
    {
        using var scope = NewDisposeScope();
        var scale = new LossScale { Factor = LossScale.Smallest };
        var config = SmallConfigs.Of("bert", new VocabularyFacts(40) { Pad = 0, Mask = 4 }, tied: true, width: 32, intermediate: 48, layers: 1, heads: 4);
        using var model = NewModel.Initialize(config, 11, dtype: ScalarType.Float16);
        using var optimizer = new AdamW(model.Parameters, new AdamWOptions());
        var step = new TrainingStep(model, optimizer, maxGradNorm: 1, scale: scale);
        var noised = new Corruption(new CorruptionOptions(), maskId: 4).Apply(DiffusionBatches.Of([.. Enumerable.Range(0, 8).Select(_ => Enumerable.Range(5, 20).ToArray())]), seed: 1, epoch: 0);
        var weighted = new WeightedBatch(noised, [.. Enumerable.Repeat(float.MaxValue, noised.ScoredPositions.Length)]);

        Assert.Throws<NumericDivergence>(() => step.Run([weighted], 1e-3));
    }
}
