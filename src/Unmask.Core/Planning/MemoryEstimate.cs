namespace Unmask.Core.Planning;

/// <summary>
/// What a run takes of memory at its peak, in bytes, part by part. Activations by what each operator of a layer keeps (Korthikanti et al. 2022 count the
/// same way), everything else exactly.
/// </summary>
/// <param name="Program">The program itself with its engine, before a model is there. On a GPU: its libraries' own.</param>
/// <param name="Weights">The weights.</param>
/// <param name="Gradients">Gradients that stay from one micro-batch to the next, and the vocabulary table's, which is there through the whole backward pass.</param>
/// <param name="Optimizer">Moments, and what weights of 16 bits lack of float32.</param>
/// <param name="Activations">What the backward pass needs of the largest micro-batch, or the gradients of all weights where these are more: one gives way to the other.</param>
/// <param name="Logits">The chunk of logits that is there at a time.</param>
/// <param name="Gaps">What the allocator holds and cannot use, because freed activations leave gaps that fit nothing.</param>
public sealed record MemoryEstimate(long Program, long Weights, long Gradients, long Optimizer, long Activations, long Logits, long Gaps)
{
    /// <summary>Processes of the run, each of which takes this.</summary>
    public int Processes { get; init; } = 1;

    /// <summary>What each process would take under zero_stage 0, 1 and 2; null where there is one process.</summary>
    public IReadOnlyList<long>? ByZeroStage { get; init; }

    public long Peak => Program + Weights + Gradients + Optimizer + Activations + Logits + Gaps;
}
