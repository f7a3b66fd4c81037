namespace Unmask.Tests.Fuzz.Targets;

/// <summary>The tables of <c>tests/fixtures/tables</c>.</summary>
internal static class SampleTables
{
    public static string Folder { get; } = Path.Combine(Fixtures.Root, "tests", "fixtures", "tables");

    public static IEnumerable<byte[]> Arrow() => Files("*.arrow");

    public static IEnumerable<byte[]> Parquet() => Files("*.parquet");

    private static IEnumerable<byte[]> Files(string pattern) => Directory.EnumerateFiles(Folder, pattern).Order(StringComparer.Ordinal).Select(File.ReadAllBytes);
}
