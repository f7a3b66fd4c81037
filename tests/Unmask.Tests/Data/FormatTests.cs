using System.Text.Json.Nodes;
using Unmask.Core.Data;
using Unmask.Engine.Data.Files;
using Unmask.Engine.Data.Files.Readers;
using Unmask.Engine.Data.Rows.Values;
using Xunit;

namespace Unmask.Tests.Data;

/// <summary>Every file of formats/ holds the same dataset; what is read must be the same in meaning.</summary>
public class FormatTests
{
    private static readonly string Folder = Path.Combine(Fixtures.Data, "formats");

    public static TheoryData<string> Files =>
        [.. Directory.EnumerateFiles(Folder).Select(path => Path.GetFileName(path)).Where(name => DataFile.FormatOf(name) is not null).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void File_holds_the_data_set(string name)
    {
        var bad = new List<BadLine>();
        var rows = new RowReader().Read([DataFile.At(Path.Combine(Folder, name))], bad.Add).ToList();
        var binary = DataFile.FormatOf(name) is DataFormat.Parquet or DataFormat.Arrow;

        Assert.Empty(bad);
        Assert.NotEmpty(rows);
        Assert.All(rows, row => Assert.Equal(Path.Combine(Folder, name), row.File));
        Assert.Equal(rows.Select(row => row.Line).Order(), rows.Select(row => row.Line));
        if (binary && rows[0].Values.ContainsKey("prompt"))
        {
            var expected = Lines("parquet-expected.jsonl");
            Assert.Equal(expected.Count, rows.Count);
            for (var i = 0; i < rows.Count; i++)
            {
                Assert.Equal(expected[i].Select(pair => pair.Key), rows[i].Values.Keys);
                foreach (var (key, value) in expected[i]) Assert.True(SameValue(value, rows[i].Values[key]), $"row {i + 1}, {key}: {rows[i].Values[key]}");
            }

            return;
        }

        var pairs = Lines("prompt-response.jsonl").Select(row => (Prompt: (string)row["prompt"]!, Response: (string?)row["response"] ?? "")).ToList();
        if (rows[0].Values.Keys.SequenceEqual(["text"]))
        {
            var texts = pairs.Select(pair => pair.Response.Replace('\n', ' ')).Where(text => text.Length > 0);
            Assert.Equal(texts, rows.Select(row => (string)row.Values["text"]!));
            return;
        }

        Assert.Equal(pairs.Count, rows.Count);
        for (var i = 0; i < rows.Count; i++)
        {
            var found = Pair(rows[i]);
            Assert.Equal(pairs[i].Prompt, found.Prompt);
            // The original files hold a null in one place; as text it is the response that was left out there.
            if (found.Response is not null) Assert.Equal(pairs[i].Response, found.Response);
        }
    }

    [Fact]
    public void Line_numbers_are_those_of_the_file()
    {
        using var folder = new TemporaryFolder();
        var csv = folder.Write("a.csv", "prompt,response\r\n\r\na,\"two\r\nlines\"\r\nb,c\r\n");
        var json = folder.Write("a.json", "[\n  {\"a\": 1},\n  {\n\"a\": 2}\n]");
        var jsonl = folder.Write("a.jsonl", "\n{\"a\": \"x\u2028y\u0085z\"}\r\n\r\n{\"a\": 2}");

        Assert.Equal([3, 5], Read(csv).Select(row => row.Line));
        Assert.Equal("two\r\nlines", (string)Read(csv)[0].Values["response"]!);
        Assert.Equal([2, 3], Read(json).Select(row => row.Line));
        Assert.Equal([2, 4], Read(jsonl).Select(row => row.Line));
        Assert.Equal("x\u2028y\u0085z", (string)Read(jsonl)[0].Values["a"]!);
    }

    private static List<Row> Read(string path) => [.. new RowReader().Read(DataFile.At(path), bad => Assert.Fail(bad.ToString()))];

    private static List<JsonObject> Lines(string name) =>
        [.. File.ReadAllText(Path.Combine(Folder, name)).Split('\n').Where(line => line.Trim().Length > 0).Select(line => JsonNode.Parse(line)!.AsObject())];

    private static bool SameValue(JsonNode? expected, JsonNode? found)
    {
        if (expected is null || found is null) return expected is null && found is null;
        return expected.GetValueKind() == System.Text.Json.JsonValueKind.Number
            ? expected.GetValue<double>() == found.GetValue<double>()
            : JsonNode.DeepEquals(expected, found);
    }

    /// <summary>Question and answer of a row in any of the shapes the folder has.</summary>
    private static (string Prompt, string? Response) Pair(Row row)
    {
        if (row.Values.TryGetValue("messages", out var messages)) return FirstTurn(messages!, "role", "content", "user", "assistant");
        if (row.Values.TryGetValue("conversations", out var turns)) return FirstTurn(turns!, "from", "value", "human", "gpt");
        var prompt = (string)(row.Values.GetValueOrDefault("prompt") ?? row.Values["instruction"])!;
        if (row.Values.TryGetValue("completion", out var completion)) return (prompt, ((string)completion!)[1..]);
        return (prompt, (string?)(row.Values.GetValueOrDefault("response") ?? row.Values.GetValueOrDefault("output") ?? row.Values.GetValueOrDefault("chosen")));
    }

    private static (string, string?) FirstTurn(JsonNode turns, string role, string content, string user, string assistant)
    {
        string? First(string who) => (string?)turns.AsArray().First(turn => (string)turn![role]! == who)![content];
        return (First(user)!, First(assistant));
    }
}
