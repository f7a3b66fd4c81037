using Unmask.Engine.Data;

namespace Unmask.Tests.Diffusion;

/// <summary>Batches made of whole rows, for tests of the noise.</summary>
internal static class DiffusionBatches
{
    /// <summary>Rows of token ids, right-padded with 0; the first <paramref name="prompt"/> tokens of each are not trained on.</summary>
    public static Batch Of(IReadOnlyList<int[]> rows, IReadOnlyList<long>? examples = null, int prompt = 0, int extraWidth = 0, long firstOrder = 0)
    {
        var width = rows.Max(row => row.Length) + extraWidth;
        var ids = new int[rows.Count * width];
        var labels = new int[rows.Count * width];
        Array.Fill(labels, Batch.IgnoredLabel);
        for (var i = 0; i < rows.Count; i++)
        {
            rows[i].CopyTo(ids, i * width);
            for (var j = prompt; j < rows[i].Length; j++) labels[i * width + j] = rows[i][j];
        }

        return new Batch
        {
            Rows = rows.Count,
            Width = width,
            Ids = ids,
            Labels = labels,
            Lengths = [.. rows.Select(row => row.Length)],
            ExampleIndex = [.. examples ?? Enumerable.Range(0, rows.Count).Select(i => (long)i)],
            OrderIndex = [.. Enumerable.Range(0, rows.Count).Select(i => firstOrder + i)],
            PromptLengths = [.. rows.Select(_ => prompt)],
        };
    }
}
