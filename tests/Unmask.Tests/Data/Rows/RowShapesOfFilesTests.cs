using Unmask.Engine.Data.Files.Discovery;
using Unmask.Engine.Data.Files.Readers;
using Unmask.Engine.Data.Rows;
using Xunit;

namespace Unmask.Tests.Data.Rows;

/// <summary>Every data file of the fixtures has a shape that is recognized, and its rows convert or say why not.</summary>
public class RowShapesOfFilesTests
{
    public static TheoryData<string> DataFiles()
    {
        var found = new TheoryData<string>();
        foreach (var file in Directory.GetFiles(Path.Combine(Fixtures.Data, "formats")).Order(StringComparer.Ordinal))
        {
            if (Path.GetExtension(file) is ".jsonl" or ".json" or ".csv" or ".tsv" or ".parquet" or ".arrow" or ".txt") found.Add(Path.GetFileName(file));
        }

        return found;
    }

    [Theory]
    [MemberData(nameof(DataFiles))]
    public void Rows_convert(string file)
    {
        var files = DatasetFiles.Find(Path.Combine(Fixtures.Data, "formats", file)).Splits.Values.SelectMany(split => split).ToList();
        var rows = new RowReader().Read(files, _ => { }).ToList();
        var converter = RowConverter.For(rows.Take(20).ToList(), new RowColumns());
        var converted = rows.ConvertAll(converter.Convert);
        Assert.NotEmpty(converted);
        Assert.All(converted, row => Assert.True(row.Problem is null ? row.Text?.Length > 0 ^ row.Messages?.Count > 1 : row.Problem.Contains("empty", StringComparison.Ordinal) || row.Problem.Contains("null", StringComparison.Ordinal), row.Problem));
        Assert.True(converted.Count(row => row.Problem is null) >= converted.Count * 0.8);
    }
}
