using System.Diagnostics;
using Unmask.Core.Parameters;
using Unmask.Engine.Collectives;
using Unmask.Engine.Modeling;
using Unmask.Engine.Objectives.Losses;
using Unmask.Engine.Training.Optimization;
using Unmask.Engine.Training.Parallel;
using Unmask.Engine.Training.State;

using static TorchSharp.torch;

namespace Unmask.Engine.Training;

/// <summary>Corrupted rows that go through the model together, and the weights [S] of their scored positions, already divided for the whole step.</summary>
public sealed record WeightedBatch(NoisedBatch Noised, float[] ScoredWeights)
{
    /// <summary>Place of the first row in the step: losses are added in this order.</summary>
    public int FirstRow { get; init; }

    /// <summary>The batches of one step, weighted so that accumulating them equals one large batch.</summary>
    public static IReadOnlyList<WeightedBatch> Group(IReadOnlyList<NoisedBatch> batches, LossNorm norm)
    {
        var normalizer = Normalizer.Of([.. batches.Select(b => b.Clean)], norm);
        return [.. batches.Select((b, i) => new WeightedBatch(b, normalizer.ScoredWeights(b)) { FirstRow = i })];
    }
}

/// <summary>The loss or the gradient of a step is not finite. The weights are as they were before the step.</summary>
public sealed class NumericDivergence(string message) : Exception(message);

/// <summary>One optimizer step: forward and backward of each part, the sum over parts and processes, clipping, update.</summary>
/// <param name="model">Its parameters are updated in place.</param>
/// <param name="optimizer">Optimizer of these parameters.</param>
/// <param name="maxGradNorm">Largest global gradient norm; 0 does not clip.</param>
/// <param name="ranks">The processes that compute the step together; null for this one alone.</param>
/// <param name="scale">Factor on the loss, which each step adapts; null for none.</param>
/// <param name="objective">Gives the loss; null for masked cross-entropy.</param>
public sealed class TrainingStep(
    MaskedLanguageModel model, AdamW optimizer, double maxGradNorm, ICollectives? ranks = null, LossScale? scale = null, IDiffusionObjective? objective = null)
{
    private readonly ICollectives ranks = ranks ?? SingleProcess.Instance;
    private double waited;

    /// <summary>Makes the step.</summary>
    /// <param name="parts">The parts of this process, whose gradients add up; may be none where there are other processes.</param>
    /// <param name="learningRate">Learning rate of this step.</param>
    /// <param name="rounds">The most parts that a process has in this step, where each takes part in adding up the parts of all (<see cref="GradientSums.TakesEveryPart"/>).</param>
    /// <param name="stop">Asks this process to save and end; the result tells whether any process was asked.</param>
    /// <exception cref="NumericDivergence">Something was not finite; nothing was updated.</exception>
    public StepResult Run(IReadOnlyList<WeightedBatch> parts, double learningRate, int rounds = 0, CancellationToken stop = default)
    {
        using var scope = NewDisposeScope();
        model.Training = true;
        var gradients = optimizer.Gradients;
        var clock = Stopwatch.StartNew();
        var factor = scale?.Factor ?? 1;
        var losses = new List<(int, LossResult)>();
        foreach (var part in parts)
        {
            losses.Add((part.FirstRow, Backward(part, factor)));
            if (parts.Count > 1 || gradients.TakesEveryPart) gradients.Add();
        }

        for (var round = parts.Count; round < rounds && gradients.TakesEveryPart; round++) gradients.Add();
        var computed = clock.Elapsed.TotalSeconds;
        var reports = ranks.Gather(new StepReport
        {
            Losses = losses,
            Touched = gradients.Touched,
            Overflowed = gradients.Overflowed,
            Stopping = stop.IsCancellationRequested,
            Tokens = parts.Sum(part => (long)part.Noised.Clean.Lengths.Sum()),
            ComputeSeconds = computed,
            WaitSeconds = waited,
            MemoryBytes = ProcessMemory.ResidentBytes(),
        }.Pack()).Select(StepReport.Unpack).ToArray();

        var loss = new LossResult();
        foreach (var (_, part) in reports.SelectMany(report => report.Losses).OrderBy(pair => pair.FirstRow)) loss.Add(part);
        if (!double.IsFinite(loss.Loss)) throw Diverged(loss.Loss, null, reports);
        if (reports.Any(report => report.Overflowed)) return Skip(SkipCause.DeterministicSum, loss, null, reports);

        gradients.Complete(Union(reports));
        var norm = gradients.Norm() / factor;
        if (!double.IsFinite(norm)) return Skip(SkipCause.Float16, loss, norm, reports);
        waited = clock.Elapsed.TotalSeconds - computed;

        optimizer.Step(learningRate, (maxGradNorm > 0 ? Math.Min(1, maxGradNorm / (norm + 1e-6)) : 1) / factor);
        scale?.Grow();
        return new StepResult(loss, norm, reports);
    }

    private LossResult Backward(WeightedBatch part, double factor) => objective is null
        ? MaskedCrossEntropy.Backward(model, part.Noised, part.ScoredWeights, factor)
        : objective.Backward(model, part.Noised, part.ScoredWeights, factor);

    /// <summary>Leaves the weights as they are and scales the next loss less; where it is not scaled, or cannot be less, the gradients themselves are not finite.</summary>
    private StepResult Skip(SkipCause cause, LossResult loss, double? norm, StepReport[] reports)
    {
        if (scale is null || scale.Factor / 2 < LossScale.Smallest) throw Diverged(loss.Loss, norm, reports);
        optimizer.Gradients.Drop();
        scale.BackOff();
        return new StepResult(loss, GradientNorm: null, reports) { Skip = cause };
    }

    private NumericDivergence Diverged(double loss, double? norm, StepReport[] reports)
    {
        optimizer.Gradients.Drop();
        var culprits = Enumerable.Range(0, reports.Length)
            .Where(rank => reports[rank].Overflowed || reports[rank].Losses.Any(part => !double.IsFinite(part.Loss.Loss))).ToArray();
        var where = reports.Length == 1 || culprits.Length == 0 ? "" : $" (on rank {string.Join(", ", culprits)})";
        return new NumericDivergence(norm is null && double.IsFinite(loss)
            ? $"a gradient is not finite or above {ExactSum.Largest}, the most that deterministic sums take{where}"
            : $"the loss is {loss}{(norm is null ? "" : $" and the gradient norm {norm}")}{where}");
    }

    private static byte[] Union(StepReport[] reports)
    {
        var union = (byte[])reports[0].Touched.Clone();
        foreach (var report in reports.Skip(1))
        {
            for (var i = 0; i < union.Length; i++) union[i] |= report.Touched[i];
        }

        return union;
    }
}
