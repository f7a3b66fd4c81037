namespace Unmask.Engine.Data;

/// <summary>
/// Now and then a pretraining batch is cut to a random length, so that the model also learns short texts (LLaDA, section 2.2: one
/// batch in a hundred). Arrays keep their shape; what is cut off is neither seen nor scored.
/// </summary>
public static class RandomTruncation
{
    /// <summary>Draws whether a batch is cut, and to which length.</summary>
    /// <param name="ratio">Probability of a cut, from 0 to 1.</param>
    /// <param name="width">Width of the batch.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="batchIndex">Number of the micro-batch in the run: the draw depends on it and the seed alone.</param>
    /// <returns>A length from 1 to <paramref name="width"/>, or null when the batch stays whole.</returns>
    public static int? DrawLength(double ratio, int width, long seed, long batchIndex)
    {
        var stream = new CounterRandom((ulong)seed, CounterRandom.Purpose.Truncation, (ulong)batchIndex);
        return stream.Uniform(0) < ratio ? 1 + (int)stream.Below(1, (ulong)width) : null;
    }

    /// <summary>The batch with everything from <paramref name="keptLength"/> on hidden and ignored; the given one is not changed.</summary>
    public static Batch Cut(Batch batch, int keptLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keptLength, 1);
        if (keptLength >= batch.Width) return batch;
        var labels = (int[])batch.Labels.Clone();
        for (var row = 0; row < batch.Rows; row++)
        {
            labels.AsSpan(row * batch.Width + keptLength, batch.Width - keptLength).Fill(Batch.IgnoredLabel);
        }

        return batch with
        {
            Labels = labels,
            Lengths = [.. batch.Lengths.Select(length => Math.Min(length, keptLength))],
        };
    }
}
