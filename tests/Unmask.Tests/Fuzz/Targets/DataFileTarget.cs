using Unmask.Engine.Data.Files;
using Unmask.Engine.Data.Files.Readers;

namespace Unmask.Tests.Fuzz.Targets;

/// <summary>Files of rows, read as a page of a dataset reads them.</summary>
internal sealed class DataFileTarget(string name, DataFormat format, IReadOnlyList<byte[]> seeds, params string[] words) : IFuzzTarget
{
    /// <summary>Rows of a page.</summary>
    private const int Rows = 500;

    public static IEnumerable<IFuzzTarget> All =>
    [
        new DataFileTarget("jsonl", DataFormat.JsonLines, Files("*.jsonl"), "null", "NaN", "1e999", "\\ud83d", "\"messages\":", "[[[[[[[[", "{\"a\":{\"a\":", "\uFEFF"),
        new DataFileTarget("json", DataFormat.Json, Files("*.json"), "null", "\"train\":[", "\"data\":[", "\\ud83d", "[[[[[[[[", "{\"a\":{\"a\":", "\uFEFF"),
        new DataFileTarget("csv", DataFormat.Csv, Files("*.csv"), "\"\"", "\",\"", ",,,,,,,,", "\r\n", "\uFEFF", ";;;;", "\0"),
        new DataFileTarget("parquet", DataFormat.Parquet, [.. Files("*.parquet"), .. SampleTables.Parquet()]),
        new DataFileTarget("arrow", DataFormat.Arrow, [.. Files("*.arrow"), .. SampleTables.Arrow()]),
    ];

    public string Name => name;

    public IReadOnlyList<byte[]> Seeds { get; } = seeds;

    public IReadOnlyList<string> Words => words;

    public void Run(byte[] input)
    {
        var reader = new RowReader { Source = _ => new MemoryStream(input, writable: false) };
        var longest = 0;
        foreach (var row in reader.Read(new DataFile("input", format), static _ => { }).Take(Rows))
        {
            foreach (var value in row.Values.Values) longest = Math.Max(longest, value?.ToString().Length ?? 0);
        }

        GC.KeepAlive(longest);
    }

    private static IReadOnlyList<byte[]> Files(string pattern) => [.. Directory.EnumerateFiles(Path.Combine(Fixtures.Data, "formats"), pattern).Order(StringComparer.Ordinal).Select(Short)];

    /// <summary>Files of lines are cut to their first few kilobytes.</summary>
    private static byte[] Short(string path)
    {
        var bytes = File.ReadAllBytes(path);
        return path.EndsWith("jsonl", StringComparison.Ordinal) && bytes.Length > 4096 ? bytes[..4096] : bytes;
    }
}
