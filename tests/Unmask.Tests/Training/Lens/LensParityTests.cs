using Unmask.Core.Data;
using Unmask.Core.Parameters;
using Unmask.Engine.Data;
using Unmask.Engine.Lens;
using Unmask.Engine.Objectives.Mdlm;
using Xunit;

namespace Unmask.Tests.Training.Lens;

/// <summary>The lens shows what a run does.</summary>
public sealed class LensParityTests
{
    private const int Rows = 24;

    [Theory]
    [InlineData(EvalStrategy.No)]
    [InlineData(EvalStrategy.Steps)]
    public void Tokens_and_places_are_those_of_a_run(EvalStrategy evaluation)
    {
        using var run = new TinyRun();
        var parameters = run.Parameters with { EvalStrategy = evaluation, EvalSplit = 0.3, MaxLength = 8 };
        run.Train(_ => parameters);
        using var lens = DataLens.Open(parameters);
        var rows = lens.Look(new RowSelection([], Rows), noise: true, run).Rows;

        using var train = ExampleStore.Open(Path.Combine(run.RunPath, "data", "train"));
        Assert.Equal(Rows, rows.Count);
        foreach (var row in rows.Where(row => row.Index is not null)) AssertEqual(train[(int)row.Index!.Value], row);
        Assert.Equal(train.Count, rows.Count(row => row.Index is not null));
        if (evaluation == EvalStrategy.No)
        {
            Assert.DoesNotContain(rows, row => row.Status == RowStatus.HeldOut);
            return;
        }

        using var eval = ExampleStore.Open(Path.Combine(run.RunPath, "data", "eval"));
        var held = rows.Where(row => row.Status == RowStatus.HeldOut).ToList();
        Assert.Equal(eval.Count, held.Count);
        Assert.All(held.Select((row, place) => (row, place)), pair => AssertEqual(eval[pair.place], pair.row));
        Assert.All(held, row => Assert.Null(row.Noise));
    }

    [Fact]
    public void Rows_of_pretraining_are_those_of_a_run()
    {
        using var run = new TinyRun();
        var parameters = run.Parameters with { Pretrain = true, DropTail = false, MaxLength = 16, TrainRows = 20 };
        run.Train(_ => parameters);
        using var lens = DataLens.Open(parameters);
        var rows = lens.Look(new RowSelection([], 1000), noise: true, run).Rows;

        using var train = ExampleStore.Open(Path.Combine(run.RunPath, "data", "train"));
        var places = rows.Where(row => row.Index is not null).ToList();
        Assert.Equal(train.Count, places.Count);
        Assert.All(places, row => AssertEqual(train[(int)row.Index!.Value], row));
        Assert.Equal(Enumerable.Range(1, rows.Count).Select(number => (long)number), rows.Select(row => row.Row));
    }

    [Theory]
    [InlineData(TrainingMethod.Bert, MaskSampling.Bernoulli)]
    [InlineData(TrainingMethod.Llada, MaskSampling.FixedCount)]
    [InlineData(TrainingMethod.Dream, MaskSampling.Bernoulli)]
    public void Masks_and_weights_are_those_of_the_corruption(TrainingMethod method, MaskSampling sampling)
    {
        using var model = new WordModel(method);
        var random = new Random(5);
        string Words(int count) => string.Join(' ', Enumerable.Range(0, count).Select(_ => $"w{random.Next(90)}"));
        model.WriteRows([.. Enumerable.Range(0, 8).Select(i => $$"""{"prompt": "{{Words(3)}}", "response": "{{Words(12 + i)}}"}""")]);
        var parameters = model.Parameters with { MaxLength = 64, MaskSampling = sampling, LossWeightType = method == TrainingMethod.Dream ? "cart[geo_p:0.1]" : null, Seed = 9 };
        var view = model.Look(new RowSelection([3, 6], 0), noise: true, _ => parameters);

        var examples = view.Rows.Select(row => new Example(row.Index!.Value, [.. row.Tokens.Take(row.Counts.Tokens).Select(token => token.Id)], row.Counts.Prompt)).ToList();
        Assert.Equal([2, 5], examples.Select(example => example.Index));
        var collator = new Collator { PadId = WordModel.Pad, VisiblePadding = method != TrainingMethod.Dream };
        var batch = collator.Collate(examples);
        var options = CorruptionOptions.Of(parameters, view.ShiftsLogits);
        foreach (var (weight, of) in new (LossWeight, Func<LensWeights, float[]>)[] { (LossWeight.Uniform, w => w.Uniform), (LossWeight.Scheduler, w => w.Scheduler), (LossWeight.Cart, w => w.Cart) })
        {
            var corruption = new Corruption(options with { LossWeight = weight }, WordModel.Mask);
            foreach (var (time, place) in NoiseLens.Times.Select((time, place) => (time, place)))
            {
                var noised = corruption.ApplyAt(batch, time, 9, epoch: 0);
                for (var row = 0; row < 2; row++)
                {
                    var level = view.Rows[row].Noise![place];
                    Assert.Equal(noised.ScoredPositions.Where(at => at / batch.Width == row).Select(at => at % batch.Width), level.Masked);
                    Assert.Equal(level.Masked.Select(column => noised.Weights[row * batch.Width + column]), of(level.Weights));
                }
            }
        }

        Assert.Equal(method == TrainingMethod.Dream ? 0.1 : 0.3, options.Cart.P);
    }

    [Theory]
    [InlineData(MaskSampling.Bernoulli)]
    [InlineData(MaskSampling.FixedCount)]
    public void Noise_at_the_time_that_training_draws_is_what_training_draws(MaskSampling sampling)
    {
        var examples = Enumerable.Range(0, 6).Select(i => new Example(40 + i, [.. Enumerable.Range(5, 30 + i)], 4)).ToList();
        var batch = new Collator { PadId = 0 }.Collate(examples);
        var corruption = new Corruption(new CorruptionOptions { MaskSampling = sampling }, maskId: 3);
        var drawn = corruption.Apply(batch, seed: 11, epoch: 2);
        for (var row = 0; row < batch.Rows; row++)
        {
            // A fixed count's time is that of the whole count; just below it lies the same count.
            double time = sampling == MaskSampling.FixedCount ? drawn.Times[row] - 1e-4 : drawn.Times[row];
            var at = corruption.ApplyAt(batch, time, seed: 11, epoch: 2);
            var columns = new Range(row * batch.Width, (row + 1) * batch.Width);
            Assert.Equal(drawn.Masked[columns], at.Masked[columns]);
            Assert.Equal(drawn.Weights[columns], at.Weights[columns]);
        }
    }

    private static void AssertEqual(Example expected, LensRow shown)
    {
        Assert.Equal(expected.Ids, shown.Tokens.Where(token => token.Role is TokenRole.Prompt or TokenRole.Response).Select(token => token.Id));
        Assert.Equal(expected.PromptLength, shown.Counts.Prompt);
    }
}
