using Unmask.Core.Parameters;
using Unmask.Engine.Data;
using Unmask.Engine.Modeling;
using Unmask.Text.Tokenizers;

namespace Unmask.Engine.Objectives.Losses;

/// <summary>
/// A training objective: how rows are laid out as batches, how a clean batch is corrupted, and the loss of predicting what was clean. Pure: results depend on the
/// arguments alone, and random numbers on (seed, epoch, example, position).
/// </summary>
/// <example>
/// An objective is one file and one line in the catalog:
/// <code>[TrainingMethod.Dream] = MdlmObjective.Create,</code>
/// </example>
public interface IDiffusionObjective
{
    /// <summary>Lays rows side by side, for training and evaluation.</summary>
    Collator Layout { get; }

    /// <summary>How training batches are cut before they are corrupted.</summary>
    BatchShaping Shaping { get; }

    /// <summary>Whether the weighted loss bounds the negative log-likelihood, so that a perplexity may be reported.</summary>
    bool BoundsLikelihood { get; }

    /// <summary>Noise for training, that of dropout included.</summary>
    /// <param name="clean">Rows with their places in the dataset.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="epoch">Epoch, from 0.</param>
    NoisedBatch Corrupt(Batch clean, long seed, int epoch);

    /// <summary>Noise for evaluation: the same at every call.</summary>
    /// <inheritdoc cref="Corrupt"/>
    NoisedBatch CorruptForEvaluation(Batch clean, long seed);

    /// <summary>The loss, with its gradient added to the model's parameters: masked cross-entropy unless the objective has its own.</summary>
    /// <param name="model">The model; its mode (dropout) is the caller's.</param>
    /// <param name="noised">Corrupted batch.</param>
    /// <param name="scoredWeights">[S] divided weights, from <see cref="Normalizer.ScoredWeights"/>.</param>
    /// <param name="gradientScale">Factor on the gradients, not on the loss that is returned: float16 loses what is small.</param>
    LossResult Backward(MaskedLanguageModel model, NoisedBatch noised, float[] scoredWeights, double gradientScale = 1) =>
        MaskedCrossEntropy.Backward(model, noised, scoredWeights, gradientScale);

    /// <summary>The loss alone; no gradient is computed or kept.</summary>
    /// <inheritdoc cref="Backward"/>
    LossResult Evaluate(MaskedLanguageModel model, NoisedBatch noised, float[] scoredWeights) => MaskedCrossEntropy.Evaluate(model, noised, scoredWeights);
}

/// <summary>What an objective is created from.</summary>
/// <param name="Parameters">Checked settings.</param>
/// <param name="Special">The tokenizer's special tokens.</param>
/// <param name="ShiftsLogits">Whether the model predicts at each position the token after it.</param>
public sealed record ObjectiveContext(TrainParameters Parameters, SpecialTokens Special, bool ShiftsLogits);
