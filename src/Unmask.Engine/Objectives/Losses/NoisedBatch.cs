using Unmask.Engine.Data;
using Unmask.Engine.Modeling.Sequences;
using Unmask.Engine.Tensors;

namespace Unmask.Engine.Objectives.Losses;

/// <summary>A batch after corruption: what the model sees, what is scored, and how much each position counts.</summary>
public sealed record NoisedBatch
{
    public required Batch Clean { get; init; }

    /// <summary>[B*L]: the mask id where masked, else the clean id.</summary>
    public required int[] NoisedIds { get; init; }

    /// <summary>[B]: time in [0, 1] of each row; for a fixed count the time at which that share is masked in expectation.</summary>
    public required float[] Times { get; init; }

    /// <summary>[B*L].</summary>
    public required bool[] Masked { get; init; }

    /// <summary>[B*L]: weight of the cross-entropy at each position, before any normalization.</summary>
    public required float[] Weights { get; init; }

    /// <summary>The token at a position is predicted by the position before it, that at position 0 by itself.</summary>
    public required bool ShiftsLogits { get; init; }

    /// <summary>[B]: what dropout draws from in each row (<see cref="TokenKey"/>); null where the noise was not drawn for training.</summary>
    public ulong[]? DropoutKeys { get; init; }

    /// <summary>[S]: the masked positions as row * L + column, ascending.</summary>
    public required int[] ScoredPositions { get; init; }

    /// <summary>The same with the random numbers that choose the units to drop, for training.</summary>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="epoch">Epoch, from 0.</param>
    public NoisedBatch WithDropout(long seed, int epoch)
    {
        var key = new NoiseKey(seed, NoiseStream.Dropout);
        return this with { DropoutKeys = [.. Clean.ExampleIndex.Select(example => key.Bits(epoch, example, 0))] };
    }
}
