namespace Unmask.Engine.Data;

/// <summary>
/// Pretraining rows: documents laid end to end and cut into rows of equal length (dllm's <c>tokenize_and_group</c>).
/// </summary>
/// <remarks>
/// The original cuts within map batches of 1,000 documents and so loses, or shortens, one row in each; here the text runs on and only the
/// very last row may be short.
/// </remarks>
public sealed record TokenGroups
{
    /// <summary>Tokens of a row, at least 1.</summary>
    public required int RowLength { get; init; }

    /// <summary>Put after each document that does not end with it; null for nothing.</summary>
    public int? EndId { get; init; }

    /// <summary>Leave out what remains at the end when it does not fill a row.</summary>
    public bool DropTail { get; init; } = true;

    /// <summary>Rows of <see cref="RowLength"/> tokens; reads no further than it must.</summary>
    /// <param name="documents">Token ids of each document; an empty one adds its end token, as in the original.</param>
    public IEnumerable<int[]> Cut(IEnumerable<int[]> documents)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(RowLength, 1);
        var row = new int[RowLength];
        var filled = 0;
        foreach (var document in documents)
        {
            var total = document.Length + (EndId is { } end && (document.Length == 0 || document[^1] != end) ? 1 : 0);
            for (var i = 0; i < total; i++)
            {
                row[filled++] = i < document.Length ? document[i] : EndId!.Value;
                if (filled < RowLength) continue;
                yield return row;
                row = new int[RowLength];
                filled = 0;
            }
        }

        if (filled > 0 && !DropTail) yield return row[..filled];
    }
}
