using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Sequences;
using static TorchSharp.torch;

namespace Unmask.Engine.Objectives.Losses;

/// <summary>
/// The masked-diffusion loss: weighted cross-entropy of the clean tokens at the masked positions. Pure: no state, and no random numbers but those that the batch names.
/// Dimensions: N packed tokens, D width, S scored rows, V vocabulary.
/// </summary>
/// <remarks>
/// Only scored rows reach the head, and they reach it in chunks whose logits are thrown away before the next chunk is made,
/// so memory does not grow with batch times vocabulary.
/// </remarks>
public static class MaskedCrossEntropy
{
    private const long LogitsBudgetBytes = 16L << 20;
    private const int MinimumChunkRows = 64;

    /// <summary>The loss, with its gradient added to the model's parameters.</summary>
    /// <param name="model">The model; its mode (dropout) is the caller's.</param>
    /// <param name="noised">Corrupted batch.</param>
    /// <param name="scoredWeights">[S] divided weights, from <see cref="Normalizer.ScoredWeights"/>.</param>
    /// <param name="gradientScale">Factor on the gradients, not on the loss that is returned: float16 loses what is small.</param>
    /// <returns>The sums; a loss that is not finite is returned as it is. With nothing masked the loss is 0 and no gradient changes.</returns>
    public static LossResult Backward(MaskedLanguageModel model, NoisedBatch noised, float[] scoredWeights, double gradientScale = 1) =>
        Backward(model, noised, scoredWeights, ChunkRows(model), gradientScale);

    internal static LossResult Backward(MaskedLanguageModel model, NoisedBatch noised, float[] scoredWeights, int chunkRows, double gradientScale = 1)
    {
        if (noised.ScoredPositions.Length == 0) return LossResult.Of(noised, [], [], []);
        using var scope = NewDisposeScope();
        var (hidden_SD, keys_S) = ScoredHidden(model, noised);
        var targets_S = Targets(noised, model.Device);
        var weights_S = tensor(gradientScale == 1 ? scoredWeights : [.. scoredWeights.Select(weight => (float)(weight * gradientScale))], device: model.Device);
        var gradients = new List<Tensor>();
        var nlls = new List<Tensor>();
        var hits = new List<Tensor>();
        for (var start = 0; start < scoredWeights.Length; start += chunkRows)
        {
            using var chunk = NewDisposeScope();
            var count = Math.Min(chunkRows, scoredWeights.Length - start);
            // A leaf of its own: the chunk's graph ends here and is freed with it.
            var leaf_CD = hidden_SD.narrow(0, start, count).detach().requires_grad_();
            var logits_CV = model.Head(leaf_CD, keys_S?[start..(start + count)]);
            var (nll_C, hit_C, gradient_CV) = CrossEntropyInPlace(logits_CV.detach(), targets_S.narrow(0, start, count), weights_S.narrow(0, start, count));
            logits_CV.backward([gradient_CV]);
            gradients.Add(leaf_CD.grad!.MoveToOuterDisposeScope());
            nlls.Add(nll_C.MoveToOuterDisposeScope());
            hits.Add(hit_C.MoveToOuterDisposeScope());
        }

        // Where all that is trained lies in the head, there is nothing further down.
        if (hidden_SD.requires_grad) hidden_SD.backward([gradients.Count == 1 ? gradients[0] : cat(gradients, 0)]);
        return ToHost(noised, scoredWeights, nlls, hits);
    }

    /// <summary>The loss alone; no gradient is computed or kept. Parameters as for <see cref="Backward(MaskedLanguageModel, NoisedBatch, float[], double)"/>.</summary>
    public static LossResult Evaluate(MaskedLanguageModel model, NoisedBatch noised, float[] scoredWeights)
    {
        if (noised.ScoredPositions.Length == 0) return LossResult.Of(noised, [], [], []);
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var (nlls, hits) = ScoredLosses(model, noised);
        return ToHost(noised, scoredWeights, nlls, hits);
    }

    /// <summary>Unweighted cross-entropies [S] in nats at the scored positions, without gradient.</summary>
    public static float[] TokenLosses(MaskedLanguageModel model, NoisedBatch noised)
    {
        if (noised.ScoredPositions.Length == 0) return [];
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var (nlls, _) = ScoredLosses(model, noised);
        // Host sync: the caller wants numbers.
        return [.. cat(nlls, 0).cpu().data<float>()];
    }

    private static (List<Tensor> Nlls, List<Tensor> Hits) ScoredLosses(MaskedLanguageModel model, NoisedBatch noised)
    {
        var (hidden_SD, keys_S) = ScoredHidden(model, noised);
        var targets_S = Targets(noised, model.Device);
        var rows = ChunkRows(model);
        var nlls = new List<Tensor>();
        var hits = new List<Tensor>();
        for (var start = 0; start < noised.ScoredPositions.Length; start += rows)
        {
            using var chunk = NewDisposeScope();
            var count = Math.Min(rows, noised.ScoredPositions.Length - start);
            var (nll_C, hit_C, _, _) = CrossEntropy(model.Head(hidden_SD.narrow(0, start, count), keys_S?[start..(start + count)]), targets_S.narrow(0, start, count));
            nlls.Add(nll_C.MoveToOuterDisposeScope());
            hits.Add(hit_C.MoveToOuterDisposeScope());
        }

        return (nlls, hits);
    }

    private static (Tensor Hidden_SD, TokenKey[]? Keys_S) ScoredHidden(MaskedLanguageModel model, NoisedBatch noised)
    {
        var clean = noised.Clean;
        var rows = LogitRows.Of(noised, model.TakesBlindTokens);
        var packed = PackedSequences.FromPadded(noised.NoisedIds, clean.Width, clean.Lengths, model.Device, [.. rows.Blind.Select(token => token.Id)]) with { DropoutKeys_N = rows.DropoutKeys_N(noised) };
        return (model.Encode(packed).index_select(0, tensor(rows.Rows_S, device: model.Device)), packed.DropoutKeys_N is { } keys_N ? [.. rows.Rows_S.Select(row => keys_N[row])] : null);
    }

    private static Tensor Targets(NoisedBatch noised, Device device)
    {
        var targets = new long[noised.ScoredPositions.Length];
        for (var i = 0; i < targets.Length; i++) targets[i] = noised.Clean.Ids[noised.ScoredPositions[i]];
        return tensor(targets, device: device);
    }

    /// <summary>Cross-entropies, whether the likeliest token is the target, and the gradient of the weighted sum.</summary>
    /// <param name="logits_CV">Overwritten: the gradient takes their place, so that a chunk never has more than two such tables.</param>
    private static (Tensor Nll_C, Tensor Hit_C, Tensor Gradient_CV) CrossEntropyInPlace(Tensor logits_CV, Tensor targets_C, Tensor weights_C)
    {
        using var quiet = no_grad();
        var (nll_C, hit_C, scores_CV, logSum_C1) = CrossEntropy(logits_CV, targets_C);
        // Derivative: weight times (probability - 1 at the target).
        scores_CV.sub_(logSum_C1).exp_();
        scores_CV.scatter_add_(1, targets_C.unsqueeze(1), full_like(logSum_C1, -1));
        scores_CV.mul_(weights_C.unsqueeze(1));
        return (nll_C, hit_C, logits_CV.copy_(scores_CV));
    }

    private static (Tensor Nll_C, Tensor Hit_C, Tensor Scores_CV, Tensor LogSum_C1) CrossEntropy(Tensor logits_CV, Tensor targets_C)
    {
        // The softmax needs float32 even when the matrix products ran in bfloat16.
        var scores_CV = logits_CV.to(ScalarType.Float32);
        var logSum_C1 = scores_CV.logsumexp(-1, keepdim: true);
        var nll_C = (logSum_C1 - scores_CV.gather(1, targets_C.unsqueeze(1))).squeeze(1);
        return (nll_C, scores_CV.argmax(-1).eq(targets_C), scores_CV, logSum_C1);
    }

    private static int ChunkRows(MaskedLanguageModel model) => ChunkRows(model.VocabularySize);

    /// <summary>Scored rows that get logits at a time.</summary>
    internal static int ChunkRows(int vocabularySize) => (int)Math.Max(MinimumChunkRows, LogitsBudgetBytes / (sizeof(float) * (long)vocabularySize));

    private static LossResult ToHost(NoisedBatch noised, float[] scoredWeights, List<Tensor> nlls, List<Tensor> hits)
    {
        // Host sync: the loss is reported, and the non-finite guard needs it before the optimizer steps. One copy for the whole batch.
        var nll = cat(nlls, 0).cpu().data<float>().ToArray();
        var hit = cat(hits, 0).cpu().data<bool>().ToArray();
        return LossResult.Of(noised, scoredWeights, nll, hit);
    }
}
