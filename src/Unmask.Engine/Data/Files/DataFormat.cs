using Unmask.Core.Parameters;
using Unmask.Engine.Data.Rows.Values;

namespace Unmask.Engine.Data.Files;

/// <summary>The forms in which rows lie in files.</summary>
public enum DataFormat
{
    /// <summary>One JSON object a line.</summary>
    JsonLines,

    /// <summary>An array of objects, an object of such arrays (one for each split, or under a name such as <c>data</c>), or objects one after another.</summary>
    Json,

    /// <summary>Comma-separated with a header; semicolons, tabs and bars are recognized where the header has no comma.</summary>
    Csv,

    /// <summary>Tab-separated with a header; fields may be quoted as in CSV.</summary>
    Tsv,

    Parquet,

    /// <summary>Arrow IPC, as a file or as a stream.</summary>
    Arrow,

    /// <summary>Plain text.</summary>
    Text,
}

/// <summary>The forms as the setting <c>dataset_format</c> names them.</summary>
public static class DataFormats
{
    private static readonly (DatasetFormat Setting, DataFormat Format)[] Names =
    [
        (DatasetFormat.Jsonl, DataFormat.JsonLines), (DatasetFormat.Json, DataFormat.Json), (DatasetFormat.Csv, DataFormat.Csv), (DatasetFormat.Tsv, DataFormat.Tsv),
        (DatasetFormat.Parquet, DataFormat.Parquet), (DatasetFormat.Arrow, DataFormat.Arrow), (DatasetFormat.Txt, DataFormat.Text),
    ];

    /// <summary>The form that a setting names; null where the file is to tell it.</summary>
    public static DataFormat? Of(DatasetFormat setting) => Names.Where(name => name.Setting == setting).Select(name => (DataFormat?)name.Format).FirstOrDefault();

    /// <summary>What the setting calls a form.</summary>
    public static DatasetFormat SettingOf(DataFormat format) => Names.Single(name => name.Format == format).Setting;
}

/// <summary>How a plain text file is cut into rows.</summary>
public enum TextUnit
{
    /// <summary>Each line that is not blank.</summary>
    Line,

    /// <summary>Paragraphs parted by blank lines.</summary>
    Paragraph,

    /// <summary>The whole file.</summary>
    Document,
}

/// <summary>A file of rows, or one named array inside a JSON file.</summary>
/// <param name="Path">Where it lies.</param>
/// <param name="Format">Its form.</param>
/// <param name="Member">Name of the array to read from a JSON file whose top is an object of arrays; null for everything.</param>
/// <param name="Share">Which rows of it and of the files that share this are meant; null for all.</param>
/// <param name="OutputHas">What the column <c>output</c> of its rows must hold; null for anything. Other rows count for nothing, as if they were not there.</param>
public sealed record DataFile(string Path, DataFormat Format, string? Member = null, RowShare? Share = null, string? OutputHas = null)
{
    private const string Output = "output";

    /// <summary>How the rows lie in a JSON file that was looked through, so that it is not looked through again; null for others.</summary>
    internal (JsonLayout Layout, IReadOnlyList<string> Members)? Layout { get; init; }

    /// <summary>Does <see cref="Means"/> look at a column of that name?</summary>
    internal bool ChoosesBy(string column) => OutputHas is not null && string.Equals(column, Output, StringComparison.OrdinalIgnoreCase);

    /// <summary>Is the row one of those that are meant by their content?</summary>
    /// <exception cref="UserError">Rows are chosen by a column that it has not.</exception>
    internal bool Means(Row row)
    {
        if (OutputHas is null) return true;
        var output = RowValues.Get(row, Output) ?? throw new UserError($"{row.Place} has no text in a column {Output}, by which lang:{OutputHas} chooses rows; remove lang from the brackets of the dataset.");
        return RowValues.Text(output, Output).Contains(OutputHas, StringComparison.Ordinal);
    }

    /// <summary>File endings and their forms; the text forms also with <c>.gz</c> behind.</summary>
    private static readonly (string Ending, DataFormat Format)[] Endings =
    [
        (".jsonl", DataFormat.JsonLines), (".ndjson", DataFormat.JsonLines), (".json", DataFormat.Json),
        (".csv", DataFormat.Csv), (".tsv", DataFormat.Tsv), (".parquet", DataFormat.Parquet),
        (".arrow", DataFormat.Arrow), (".feather", DataFormat.Arrow), (".txt", DataFormat.Text),
    ];

    /// <summary>The endings that are understood, for error sentences.</summary>
    public static string KnownEndings =>
        string.Join(", ", Endings.Select(ending => ending.Ending)) + " (the text forms also gzipped, such as .jsonl.gz)";

    /// <summary>The form that a file's name tells, or null.</summary>
    public static DataFormat? FormatOf(string path)
    {
        var name = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? path[..^3] : path;
        foreach (var (ending, format) in Endings)
        {
            if (!name.EndsWith(ending, StringComparison.OrdinalIgnoreCase)) continue;
            return name.Length < path.Length && format is DataFormat.Parquet or DataFormat.Arrow ? null : format;
        }

        return null;
    }

    /// <summary>The file at <paramref name="path"/>.</summary>
    /// <exception cref="UserError">Its ending is unknown.</exception>
    public static DataFile At(string path) => new(path, FormatOf(path) ?? throw new UserError(
        $"'{path}' has an unknown file extension. Known extensions: {KnownEndings}."));
}

/// <summary>How the rows lie in a <c>.json</c> file.</summary>
internal enum JsonLayout
{
    /// <summary>One array of objects.</summary>
    Array,

    /// <summary>An object whose members are arrays of objects.</summary>
    Members,

    /// <summary>JSON lines under another name.</summary>
    Lines,

    /// <summary>Objects one after another, each over several lines; or a single object, which is one row.</summary>
    Values,
}
