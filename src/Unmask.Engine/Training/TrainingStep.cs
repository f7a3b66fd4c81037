using Unmask.Core.Parameters;
using Unmask.Engine.Diffusion;
using Unmask.Engine.Models;

using static TorchSharp.torch;

namespace Unmask.Engine.Training;

/// <summary>A corrupted micro-batch and the weights [S] of its scored positions, already divided for the whole step.</summary>
public sealed record WeightedBatch(NoisedBatch Noised, float[] ScoredWeights)
{
    /// <summary>The micro-batches of one step, weighted so that accumulating them equals one large batch.</summary>
    public static IReadOnlyList<WeightedBatch> Group(IReadOnlyList<NoisedBatch> microBatches, LossNorm norm)
    {
        var normalizer = Normalizer.Of([.. microBatches.Select(b => b.Clean)], norm);
        return [.. microBatches.Select(b => new WeightedBatch(b, normalizer.ScoredWeights(b)))];
    }
}

/// <summary>What one optimiser step measured.</summary>
/// <param name="Loss">Sums over the micro-batches.</param>
/// <param name="GradientNorm">Global norm before clipping.</param>
public sealed record StepResult(LossResult Loss, double GradientNorm);

/// <summary>The loss or the gradient of a step is not finite. The weights are as they were before the step.</summary>
public sealed class NumericDivergence(string message) : Exception(message);

/// <summary>One optimiser step: forward and backward of each micro-batch, clipping, update.</summary>
/// <param name="model">Its parameters are updated in place.</param>
/// <param name="optimizer">Optimiser of these parameters.</param>
/// <param name="maxGradNorm">Largest global gradient norm; 0 does not clip.</param>
public sealed class TrainingStep(MaskedLanguageModel model, AdamW optimizer, double maxGradNorm)
{
    /// <summary>Makes the step.</summary>
    /// <param name="group">The micro-batches whose gradients add up.</param>
    /// <param name="learningRate">Learning rate of this step.</param>
    /// <exception cref="NumericDivergence">Something was not finite; nothing was updated.</exception>
    public StepResult Run(IReadOnlyList<WeightedBatch> group, double learningRate)
    {
        using var scope = NewDisposeScope();
        model.Training = true;
        var loss = new LossResult();
        foreach (var batch in group)
        {
            loss.Add(MdlmObjective.Backward(model, batch.Noised, batch.ScoredWeights));
            if (group.Count > 1) optimizer.AccumulateGradients();
        }

        var norm = optimizer.GradientNorm();
        if (!double.IsFinite(loss.Loss) || !double.IsFinite(norm))
        {
            optimizer.DropGradients();
            throw new NumericDivergence($"the loss is {loss.Loss} and the gradient norm {norm}");
        }

        optimizer.Step(learningRate, maxGradNorm > 0 ? Math.Min(1, maxGradNorm / (norm + 1e-6)) : 1);
        return new StepResult(loss, norm);
    }
}
