using Unmask.Core.Parameters;
using Unmask.Engine.Data;
using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Sequences;
using Unmask.Engine.Objectives.Losses;
using Unmask.Engine.Objectives.Mdlm;
using Xunit;
using static TorchSharp.torch;

namespace Unmask.Tests.Diffusion;

public sealed class MaskedCrossEntropyTests
{
    private const int Vocabulary = 40;

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    public void Chunks_give_the_loss_and_gradient_of_the_whole(int chunkRows)
    {
        using var scope = NewDisposeScope();
        using var model = new ToyModel(Vocabulary, 12, seed: 1);
        var noised = Noised();
        var weights = Normalizer.Of([noised.Clean], LossNorm.Token).ScoredWeights(noised);
        var (loss, gradients) = Plain(model, noised, weights);
        var result = MaskedCrossEntropy.Backward(model, noised, weights, chunkRows);
        Assert.Equal(loss, result.Loss, 1e-5 * loss);
        Assert.True(result.Masked > 20);
        Assert.Equal(noised.ScoredPositions.Length, result.MaskedByTime.Sum());
        foreach (var (parameter, expected) in model.Parameters.Zip(gradients))
        {
            var actual = parameter.Value.grad!;
            Assert.True((actual - expected).norm().item<float>() <= 1e-5f * expected.norm().item<float>(), parameter.Name);
        }

        var evaluated = MaskedCrossEntropy.Evaluate(model, noised, weights);
        Assert.Equal(result.Loss, evaluated.Loss, 1e-6 * loss);
        Assert.Equal(result.Correct, evaluated.Correct);
        Assert.Equal(result.NllByTime.Sum(), MaskedCrossEntropy.TokenLosses(model, noised).Sum(), 1e-2);
    }

    [Fact]
    public void Micro_batches_give_the_gradient_of_the_large_batch()
    {
        using var scope = NewDisposeScope();
        using var model = new ToyModel(Vocabulary, 12, seed: 2);
        var corruption = new Corruption(new CorruptionOptions(), maskId: 0);
        int[][] rows = [.. Enumerable.Range(0, 6).Select(i => Enumerable.Range(1, 9 + i).ToArray())];
        var large = DiffusionBatches.Of(rows);
        var small = new[] { DiffusionBatches.Of(rows[..2], [0, 1]), DiffusionBatches.Of(rows[2..], [2, 3, 4, 5]) };
        var noised = corruption.Apply(large, 4, 0);
        MaskedCrossEntropy.Backward(model, noised, Normalizer.Of([large], LossNorm.Token).ScoredWeights(noised));
        var whole = model.Parameters.Select(p => p.Value.grad!.clone()).ToArray();
        foreach (var parameter in model.Parameters) parameter.Value.grad!.zero_();
        var normalizer = Normalizer.Of(small, LossNorm.Token);
        foreach (var batch in small)
        {
            var part = corruption.Apply(batch, 4, 0);
            MaskedCrossEntropy.Backward(model, part, normalizer.ScoredWeights(part));
        }

        foreach (var (parameter, expected) in model.Parameters.Zip(whole))
        {
            Assert.True((parameter.Value.grad! - expected).norm().item<float>() <= 1e-5f * expected.norm().item<float>(), parameter.Name);
        }
    }

    [Fact]
    public void Nothing_masked_is_a_loss_of_zero_without_gradient()
    {
        using var scope = NewDisposeScope();
        using var model = new ToyModel(Vocabulary, 12, seed: 1);
        var batch = DiffusionBatches.Of([[1, 2, 3]]);
        var noised = new Corruption(new CorruptionOptions(), maskId: 0).Apply(batch, [0.5f], new bool[3]);
        var result = MaskedCrossEntropy.Backward(model, noised, Normalizer.Of([batch], LossNorm.Token).ScoredWeights(noised));
        Assert.Equal(0, result.Loss);
        Assert.Equal(3, result.Maskable);
        Assert.All(model.Parameters, parameter => Assert.True(parameter.Value.grad is null));
        Assert.Equal(0, MaskedCrossEntropy.Evaluate(model, noised, []).Loss);
    }

    [Fact]
    public void A_loss_that_is_not_finite_is_returned_as_it_is()
    {
        using var scope = NewDisposeScope();
        using var model = new ToyModel(Vocabulary, 12, seed: 1);
        using (no_grad()) model.Parameters[1].Value.fill_(float.NaN);
        var noised = Noised();
        Assert.True(double.IsNaN(MaskedCrossEntropy.Backward(model, noised, Normalizer.Of([noised.Clean], LossNorm.Token).ScoredWeights(noised)).Loss));
    }

    [Fact]
    public void Shifted_logits_are_those_of_the_position_before()
    {
        using var scope = NewDisposeScope();
        using var model = new ToyModel(Vocabulary, 12, seed: 1);
        var batch = DiffusionBatches.Of([[1, 2, 3, 4], [5, 6, 7]]);
        var noised = new Corruption(new CorruptionOptions { ShiftsLogits = true }, maskId: 0).Apply(batch, [0.5f, 0.5f], [true, false, true, false, false, true, false, false]);
        Assert.Equal([0, 1, 4], LogitRows.Of(noised, takesBlind: false).Rows_S);
        var logits_NV = model.Head(model.Encode(new PackedSequences(tensor(new long[] { 0, 2, 0, 4, 5, 0, 7 }), [4, 3])));
        var nll_NV = -logits_NV.log_softmax(-1);
        Assert.Equal(
            [nll_NV[0, 1].item<float>(), nll_NV[1, 3].item<float>(), nll_NV[4, 6].item<float>()],
            MaskedCrossEntropy.TokenLosses(model, noised), (a, b) => Math.Abs(a - b) < 1e-5);
    }

    [Fact]
    public void Scored_padding_that_sees_nothing_is_computed_once_for_each_token()
    {
        var batch = DiffusionBatches.Of([[1, 2, 3, 4, 5, 6], [7, 8, 9]], prompt: 1);
        // Padding of the second row is scored as well, but not seen.
        for (var i = 9; i < 12; i++) (batch.Ids[i], batch.Labels[i]) = (30, 30);
        var all = new bool[12];
        for (var i = 1; i < 12; i++) all[i] = i is not (6 or 10);
        var noised = new Corruption(new CorruptionOptions { ShiftsLogits = true }, maskId: 0).Apply(batch, [0.5f, 0.5f], all);
        var rows = LogitRows.Of(noised, takesBlind: true);
        // Column 3 of the second row is predicted by its last token, column 5 by the unmasked padding before it.
        Assert.Equal([30], rows.Blind.Select(token => token.Id));
        Assert.Equal([0, 1, 2, 3, 4, 6, 7, 8, 9], rows.Rows_S);
        Assert.Throws<InvalidOperationException>(() => LogitRows.Of(noised, takesBlind: false));
    }

    [Fact]
    public void A_step_leaves_no_tensor_behind()
    {
        using var model = new ToyModel(Vocabulary, 12, seed: 1);
        var noised = Noised();
        var weights = Normalizer.Of([noised.Clean], LossNorm.Token).ScoredWeights(noised);
        using var scope = NewDisposeScope();
        MaskedCrossEntropy.Backward(model, noised, weights, chunkRows: 5);
        MaskedCrossEntropy.Evaluate(model, noised, weights);
        Assert.Equal(0, scope.DisposablesCount);
    }

    private static NoisedBatch Noised()
    {
        var batch = DiffusionBatches.Of([.. Enumerable.Range(0, 5).Select(i => Enumerable.Range(1 + i, 10 + 3 * i).ToArray())], prompt: 2, extraWidth: 4);
        return new Corruption(new CorruptionOptions(), maskId: 0).Apply(batch, 3, 0);
    }

    /// <summary>The loss as published: logits of every position, then a weighted sum over the masked ones.</summary>
    private static (double Loss, Tensor[] Gradients) Plain(MaskedLanguageModel model, NoisedBatch noised, float[] weights)
    {
        Batch clean = noised.Clean;
        var packed = PackedSequences.FromPadded(noised.NoisedIds, clean.Width, clean.Lengths, CPU);
        var targets_N = PackedSequences.FromPadded(clean.Ids, clean.Width, clean.Lengths, CPU).Ids_N;
        var full = new float[packed.Ids_N.shape[0]];
        foreach (var (row, weight) in LogitRows.Of(noised, takesBlind: false).Rows_S.Zip(weights)) full[row] = weight;
        var logits_NV = model.Head(model.Encode(packed));
        var loss = -(logits_NV.log_softmax(-1).gather(1, targets_N.unsqueeze(1)).squeeze(1) * tensor(full)).sum();
        loss.backward();
        var gradients = model.Parameters.Select(p => p.Value.grad!.clone()).ToArray();
        foreach (var parameter in model.Parameters) parameter.Value.grad!.zero_();
        return (loss.item<float>(), gradients);
    }
}
