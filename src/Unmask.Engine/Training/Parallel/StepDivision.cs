using Unmask.Core.Parameters;
using Unmask.Engine.Data;
using Unmask.Engine.Objectives.Losses;

namespace Unmask.Engine.Training.Parallel;

/// <summary>Rows that go through the model together, and what their loss is divided by.</summary>
/// <param name="FirstRow">Place of the first row in the step, unique in it: sums are taken in this order.</param>
/// <param name="Rows">The rows.</param>
/// <param name="Norm">Counted over all rows that are normalized together, whoever computes them.</param>
public sealed record StepPart(int FirstRow, Batch Rows, Normalizer Norm);

/// <summary>
/// How the rows of an optimizer step are divided into parts and over processes. What a step computes is settled by the settings alone; the number of
/// processes that are there only settles who computes which part. No message is needed for it: every process sees the ids of all rows.
/// </summary>
/// <param name="parameters">Settings of the run; <c>num_processes</c> says for how many processes a step is.</param>
public sealed class StepDivision(TrainParameters parameters)
{
    private readonly int mostRows = parameters.Deterministic ? 1 : parameters.BatchSize;

    /// <summary>How many rows of a step are laid out together; null for all.</summary>
    public int? RowsTogether => parameters.StepIsOneBatch ? null : parameters.BatchSize;

    /// <summary>The parts of one process.</summary>
    /// <param name="batches">The batches of the step, from a source with <see cref="RowsTogether"/>.</param>
    /// <param name="rank">Number of the process, from 0.</param>
    /// <param name="size">How many processes there are.</param>
    public IReadOnlyList<StepPart> PartsOf(IReadOnlyList<Batch> batches, int rank, int size)
    {
        var norms = Norms(batches);
        return
        [
            .. Plan(batches, rank, size).Select(part => new StepPart(
                part.Batch * parameters.BatchSize + part.Rows[0],
                part.Rows.Length == batches[part.Batch].Rows ? batches[part.Batch] : batches[part.Batch].Take(part.Rows),
                norms[part.Batch])),
        ];
    }

    /// <summary>The most parts that one of the processes has.</summary>
    public int Rounds(IReadOnlyList<Batch> batches, int size) => Enumerable.Range(0, size).Max(rank => Plan(batches, rank, size).Count());

    private IEnumerable<(int Batch, int[] Rows)> Plan(IReadOnlyList<Batch> batches, int rank, int size)
    {
        if (parameters.StepIsOneBatch) return RowShares.Cut(RowShares.Deal(batches.Single().Lengths, size)[rank], mostRows).Select(rows => (0, rows));
        return Enumerable.Range(0, batches.Count).Where(number => number % size == rank)
            .SelectMany(number => RowShares.Cut([.. Enumerable.Range(0, batches[number].Rows)], mostRows).Select(rows => (number, rows)));
    }

    /// <summary>What the loss of each batch is divided by.</summary>
    private Normalizer[] Norms(IReadOnlyList<Batch> batches)
    {
        if (parameters.StepIsOneBatch) return [Normalizer.Of(batches, parameters.LossNormType)];

        // As in the original: batch after batch belongs to one process after the other, and the gradients of the processes are averaged.
        var processes = parameters.NumProcesses ?? 1;
        var taking = Math.Min(processes, batches.Count);
        var joined = parameters.AccumulationReduction == AccumulationReduction.Mean;
        return
        [
            .. batches.Select((batch, number) => Normalizer.Of(
                joined ? [.. batches.Where((_, other) => other % processes == number % processes)] : [batch], parameters.LossNormType).AveragedOver(taking)),
        ];
    }
}
