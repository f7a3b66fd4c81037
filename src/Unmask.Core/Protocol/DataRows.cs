using Unmask.Core.Data;
using Unmask.Core.Parameters;

namespace Unmask.Core.Protocol;

/// <summary>Asks for some rows as they lie in the files. Going on from <see cref="DataTable.Next"/> is fast; a far offset is reached by reading up to it.</summary>
/// <param name="Path">A file, a folder, a pattern, or a saved dataset.</param>
/// <param name="Offset">The first row, counted from 0 over all files of the split.</param>
/// <param name="Limit">Most rows, 1 to <see cref="MostRows"/>.</param>
public sealed record DataRowsRequest(string Path, long Offset = 0, int Limit = 50) : EngineRequest<DataTable>, IRepeatableRequest
{
    /// <summary>The largest limit that there can be.</summary>
    public const int MostRows = 500;

    /// <summary>Form of the file, where its ending does not tell.</summary>
    public DatasetFormat Format { get; init; } = DatasetFormat.Auto;

    /// <summary>Which split.</summary>
    public string Split { get; init; } = "train";

    /// <summary>Only rows that have this in one of their texts, in small or capital letters; null for all.</summary>
    public string? Search { get; init; }

    /// <summary>Texts longer than this are cut.</summary>
    public int LongestText { get; init; } = 2000;
}
