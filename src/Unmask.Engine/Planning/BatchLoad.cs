using Unmask.Core.Parameters;
using Unmask.Engine.Data;
using Unmask.Engine.Training.Parallel;

namespace Unmask.Engine.Planning;

/// <summary>What the largest micro-batch of a run puts through the model.</summary>
/// <param name="Tokens">Tokens, padding included where the model sees it.</param>
/// <param name="SquaredLengths">Sum over its rows of the squared number of tokens: what attention weights go by.</param>
/// <param name="LongestRow">Tokens of its longest row.</param>
public sealed record BatchLoad(long Tokens, long SquaredLengths, int LongestRow)
{
    /// <summary>Nothing known of the rows yet.</summary>
    public static BatchLoad None { get; } = new(0, 0, 0);

    /// <summary>The largest of the first epoch.</summary>
    public static BatchLoad Largest(TrainParameters parameters, ExampleStore rows)
    {
        var padded = parameters is { EosPadding: true, Pretrain: false };
        var order = new BatchOrder(rows.Count, parameters.RowsPerStep, parameters.Seed, parameters.GroupByLength ? rows.LengthOf : null);
        var largest = None;
        // Rows that are laid out together are as wide as the longest of them, whoever computes which.
        foreach (var together in order.Order(0).ToArray().Chunk(new StepDivision(parameters).RowsTogether ?? parameters.RowsPerStep))
        {
            var lengths = together.Select(rows.LengthOf).ToArray();
            var longest = lengths.Max();
            foreach (var batch in lengths.Chunk(parameters.BatchSize))
            {
                var load = Of(padded ? [.. batch.Select(_ => longest)] : batch);
                if (load.Tokens > largest.Tokens) largest = load;
            }
        }

        return largest;
    }

    /// <summary>The load under other settings of batch or length, at most as large as this one.</summary>
    /// <param name="batchSize">Rows now.</param>
    /// <param name="changed">Settings with another batch_size or max_length.</param>
    public BatchLoad Under(int batchSize, TrainParameters changed)
    {
        var length = Math.Min(LongestRow, changed.MaxLength);
        var shorter = LongestRow == 0 ? 1 : (double)length / LongestRow;
        var fewer = Math.Min(1, (double)changed.BatchSize / batchSize);
        return new BatchLoad((long)Math.Max(length, Tokens * shorter * fewer), (long)Math.Max((long)length * length, SquaredLengths * shorter * shorter * fewer), length);
    }

    private static BatchLoad Of(int[] lengths) => new(lengths.Sum(static length => (long)length), lengths.Sum(static length => (long)length * length), lengths.Max());
}
