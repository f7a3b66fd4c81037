using System.Text.Json;
using System.Text.Json.Nodes;
using Unmask.Core.Data;
using Unmask.Engine.Data.Files;
using Unmask.Engine.Data.Files.Readers;
using Unmask.Tests.Fuzz.Targets;
using Xunit;

namespace Unmask.Tests.Data.Tables;

/// <summary>Arrow and Parquet files of every type, encoding and compression, against what pyarrow reads from them.</summary>
public sealed class TableFixtureTests
{
    /// <summary>What Python shows of values that JSON has no type for, and what we make of them: dates and times as its isoformat writes them.</summary>
    private static readonly Dictionary<string, string> Shown = new()
    {
        ["datetime.date(2020, 1, 2)"] = "2020-01-02",
        ["datetime.date(1969, 12, 31)"] = "1969-12-31",
        ["datetime.date(9999, 12, 31)"] = "9999-12-31",
        ["datetime.datetime(2020, 1, 2, 3, 4, 5, 678000)"] = "2020-01-02T03:04:05.678000",
        ["datetime.datetime(1969, 12, 31, 0, 0)"] = "1969-12-31T00:00:00",
        ["datetime.datetime(2262, 1, 1, 0, 0)"] = "2262-01-01T00:00:00",
        ["datetime.datetime(2020, 1, 2, 3, 4, 5, tzinfo=zoneinfo.ZoneInfo(key='UTC'))"] = "2020-01-02T03:04:05+00:00",
        ["datetime.datetime(1969, 12, 31, 0, 0, tzinfo=zoneinfo.ZoneInfo(key='UTC'))"] = "1969-12-31T00:00:00+00:00",
        ["datetime.datetime(2262, 1, 1, 0, 0, tzinfo=zoneinfo.ZoneInfo(key='UTC'))"] = "2262-01-01T00:00:00+00:00",
        ["datetime.time(1, 2, 3)"] = "01:02:03",
        ["datetime.time(1, 2, 3, 4)"] = "01:02:03.000004",
        ["datetime.time(0, 0)"] = "00:00:00",
        ["datetime.time(23, 59, 59)"] = "23:59:59",
        ["datetime.time(23, 59, 59, 999999)"] = "23:59:59.999999",
        ["b'\\xff\\x00'"] = "/wA=",
        ["b'\\xff\\xff\\xff\\xff'"] = "/////w==",
        ["b'\\xff\\xff'"] = "//8=",
        ["b'longer than twelve bytes \\xff'"] = "bG9uZ2VyIHRoYW4gdHdlbHZlIGJ5dGVzIP8=",
    };

    /// <summary>Lengths of time: seconds in Arrow files; in Parquet files, which have no type for it, the number that is stored.</summary>
    private static readonly Dictionary<string, (string Arrow, string Parquet)> Durations = new()
    {
        ["datetime.timedelta(seconds=5)"] = ("5.000", "5000"),
        ["datetime.timedelta(seconds=1)"] = ("1", "1"),
        ["datetime.timedelta(days=-1, seconds=86398, microseconds=500000)"] = ("-1.500", "-1500"),
    };

    /// <summary>The tables of which it is written down what is in them.</summary>
    public static TheoryData<string> Files =>
    [
        .. Directory.EnumerateFiles(SampleTables.Folder).Select(path => Path.GetFileName(path))
            .Where(name => DataFile.FormatOf(name) is DataFormat.Arrow or DataFormat.Parquet && ExpectedOf(name) is not null).Order(StringComparer.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_value_is_the_one_that_pyarrow_reads(string name)
    {
        var rows = new RowReader().Read(DataFile.At(Path.Combine(SampleTables.Folder, name)), bad => Assert.Fail(bad.ToString())).ToList();
        var expected = ExpectedOf(name)!;

        Assert.Equal(expected.Count, rows.Count);
        for (var i = 0; i < rows.Count; i++)
        {
            Assert.Equal(i + 1, rows[i].Line);
            foreach (var (column, value) in rows[i].Values)
            {
                // A stored byte means true or false in Arrow files only.
                if (column == "bool8" && name.EndsWith("parquet", StringComparison.Ordinal)) continue;
                var wanted = Wanted(expected[i]!.AsObject()[column], name, column);
                Assert.True(Same(wanted, value), $"row {i + 1}, {column}: {value?.ToJsonString()} where {wanted?.ToJsonString()} is right");
            }
        }

        Assert.True(rows[0].Values.Count == expected[0]!.AsObject().Count || name == "odd.parquet");
    }

    [Theory]
    [InlineData("dictionary-replaced.arrow", "x y z x")]
    [InlineData("dictionary-delta.arrow", "x y w x")]
    public void Dictionaries_of_later_batches_count(string name, string kinds) =>
        Assert.Equal(kinds, string.Join(' ', new RowReader().Read(DataFile.At(Path.Combine(SampleTables.Folder, name)), static _ => { }).Select(row => (string)row.Values["kind"]!)));

    [Theory]
    [InlineData("odd.arrow")]
    [InlineData("odd.parquet")]
    public void Columns_that_nobody_wants_are_not_in_the_rows(string name)
    {
        var reader = new RowReader { Columns = column => column is "uuid" or "time32" };
        Assert.All(reader.Read(DataFile.At(Path.Combine(SampleTables.Folder, name)), static _ => { }), row => Assert.Equal(["time32", "uuid"], row.Values.Keys));
    }

    [Theory]
    [InlineData("common-none-v2.parquet")]
    [InlineData("common.arrow")]
    public void A_file_that_is_cut_anywhere_is_a_sentence_or_its_first_rows(string name)
    {
        var bytes = File.ReadAllBytes(Path.Combine(SampleTables.Folder, name));
        for (var length = 0; length < bytes.Length; length += 97)
        {
            var cut = bytes[..length];
            var reader = new RowReader { Source = _ => new MemoryStream(cut) };
            try
            {
                Assert.InRange(reader.Read(DataFile.At(name), static (BadLine _) => { }).Count(), 0, 4);
            }
            catch (Unmask.Primitives.UserError error)
            {
                Assert.Contains(name, error.Message, StringComparison.Ordinal);
            }
        }
    }

    /// <summary>Some libraries make room for what packed bytes say of themselves before they look at more.</summary>
    [Theory]
    [InlineData("snappy.parquet")]
    [InlineData("messages-snappy.parquet")]
    [InlineData("zstd-v2.parquet")]
    [InlineData("table.arrow")]
    public void An_enormous_number_anywhere_takes_no_memory(string name)
    {
        var bytes = File.ReadAllBytes(Path.Combine(Fixtures.Data, "formats", name));
        byte[] enormous = [0xFF, 0xFF, 0xFF, 0xFF, 0x07];
        for (var at = 0; at + enormous.Length <= bytes.Length; at++)
        {
            byte[] changed = [.. bytes];
            enormous.CopyTo(changed, at);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                _ = new RowReader { Source = _ => new MemoryStream(changed) }.Read(DataFile.At(name), static (BadLine _) => { }).Count();
            }
            catch (Unmask.Primitives.UserError error)
            {
                Assert.Contains(name, error.Message, StringComparison.Ordinal);
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 128 << 20);
        }
    }

    private static JsonArray? ExpectedOf(string name)
    {
        var path = Path.Combine(SampleTables.Folder, Path.GetFileNameWithoutExtension(name).Split('-')[0] + ".json");
        return File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path))!.AsArray() : null;
    }

    private static JsonNode? Wanted(JsonNode? node, string name, string column)
    {
        var isArrow = name.EndsWith("arrow", StringComparison.Ordinal);
        switch (node)
        {
            case JsonArray pairs when column == "map":
                return isArrow
                    ? new JsonArray([.. pairs.Select(pair => (JsonNode)new JsonObject { ["key"] = pair![0]!.DeepClone(), ["value"] = pair[1]?.DeepClone() })])
                    : new JsonObject(pairs.Select(pair => KeyValuePair.Create(pair![0]!.ToString(), pair[1]?.DeepClone())));
            case JsonArray parts when column == "interval":
                return new JsonObject { ["months"] = parts[0]!.DeepClone(), ["days"] = parts[1]!.DeepClone(), ["nanoseconds"] = parts[2]!.DeepClone() };
            case JsonArray list:
                return new JsonArray([.. list.Select(item => Wanted(item, name, column))]);
            case JsonObject members:
                return new JsonObject(members.Select(member => KeyValuePair.Create(member.Key, Wanted(member.Value, name, column))));
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                var text = value.ToString();
                if (text == "datetime.timedelta(0)") return JsonNode.Parse("0");
                if (Durations.TryGetValue(text, out var duration)) return JsonNode.Parse(isArrow ? duration.Arrow : duration.Parquet);
                if (Shown.TryGetValue(text, out var shown)) return JsonValue.Create(shown);
                if (text.StartsWith("b'", StringComparison.Ordinal)) return JsonValue.Create(text[2..^1]);
                if (text.StartsWith("UUID('", StringComparison.Ordinal)) return JsonValue.Create(text[6..^2]);
                return text.StartsWith("Decimal('", StringComparison.Ordinal) ? JsonNode.Parse(text[9..^2]) : value.DeepClone();
            default:
                return node?.DeepClone();
        }
    }

    /// <summary>Equal, with numbers compared by their worth where they are not written alike.</summary>
    private static bool Same(JsonNode? wanted, JsonNode? value) => (wanted, value) switch
    {
        (JsonArray a, JsonArray b) => a.Count == b.Count && a.Zip(b).All(pair => Same(pair.First, pair.Second)),
        (JsonObject a, JsonObject b) => a.Count == b.Count && a.All(member => b.ContainsKey(member.Key) && Same(member.Value, b[member.Key])),
        (JsonValue a, JsonValue b) when a.GetValueKind() == JsonValueKind.Number && b.GetValueKind() == JsonValueKind.Number =>
            a.ToJsonString() == b.ToJsonString() || (a.ToJsonString().Length < 17 && double.Parse(a.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture) == double.Parse(b.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture)),
        _ => JsonNode.DeepEquals(wanted, value),
    };
}
