using System.Text;
using System.Text.Json.Nodes;
using Unmask.Core.Data;
using Unmask.Engine.Data.Rows.Values;
using Unmask.Engine.Data.Tables;

namespace Unmask.Engine.Data.Files.Readers;

/// <summary>
/// Comma- and tab-separated files with a header (RFC 4180). Read by our own few lines, because rows must know their
/// line, fields have no size limit, and a field that begins with # is no comment.
/// </summary>
internal sealed class DelimitedFile : IDisposable
{
    /// <summary>Fields of a record that is looked at whole; one with more is passed over.</summary>
    private const int MostFields = 1 << 20;

    private readonly string path;
    private readonly ByteWindow window;
    private readonly byte delimiter;
    private readonly Action<BadLine> report;
    private readonly List<byte> record = [];
    private readonly List<int> ends = [];
    private byte[] header = [];
    private int[] headerEnds = [];
    private bool anyQuote;
    private bool unclosed;
    private bool overlong;

    private DelimitedFile(string path, bool tabs, Action<BadLine> report, OpenFile open)
    {
        this.path = path;
        this.report = report;
        window = new ByteWindow(TextBytes.Open(path, open));
        delimiter = tabs ? (byte)'\t' : Delimiter(window.Ahead());
    }

    public static IEnumerable<Row> Read(string path, bool tabs, Action<BadLine> report, OpenFile open)
    {
        using var file = new DelimitedFile(path, tabs, report, open);
        if (file.NextRecord() is not { } headerLine) yield break;
        if (file.Problem() is { } headerProblem) throw new UserError($"The header of '{path}' cannot be read: {headerProblem}.");
        if (file.ends.Count > ExpansionBudget.Columns) throw new UserError($"The header of '{path}' has {file.ends.Count:N0} fields, at most {ExpansionBudget.Columns:N0} columns are read. Is it a table with a header?");
        var names = file.Names();

        while (file.NextRecord() is { } line)
        {
            var problem = file.Problem();
            if (problem is null && file.ends.Count != names.Length)
            {
                problem = $"{Fields(file.ends.Count)}, but the header on line {headerLine} has {Fields(names.Length)}";
            }

            if (problem is null && names.Length > 1 && file.IsHeaderAgain()) problem = "it repeats the header, as when files are joined";
            if (problem is not null)
            {
                report(new BadLine(path, line, problem));
                continue;
            }

            var values = new OrderedDictionary<string, JsonNode?>(names.Length);
            for (var i = 0; i < names.Length; i++) values[names[i]] = JsonValue.Create(file.Field(i));
            yield return new Row(path, line, values);
        }
    }

    public void Dispose() => window.Dispose();

    /// <summary>Comma, unless the first line has none and another usual separator is in it.</summary>
    private static byte Delimiter(ReadOnlySpan<byte> head)
    {
        var counts = new Dictionary<byte, int> { [(byte)','] = 0, [(byte)';'] = 0, [(byte)'\t'] = 0, [(byte)'|'] = 0 };
        var quoted = false;
        foreach (var value in head)
        {
            if (value == (byte)'"') quoted = !quoted;
            else if (!quoted && value is (byte)'\n' or (byte)'\r') break;
            else if (!quoted && counts.TryGetValue(value, out var count)) counts[value] = count + 1;
        }

        return counts[(byte)','] > 0 ? (byte)',' : counts.MaxBy(pair => pair.Value).Key;
    }

    private static string Fields(int count) => count == 1 ? "1 field" : $"{count} fields";

    /// <summary>Column names; empty ones are called by their place, and a name that comes again gets a number.</summary>
    private string[] Names()
    {
        var names = new string[ends.Count];
        var taken = new HashSet<string>();
        var numbers = new Dictionary<string, int>();
        for (var i = 0; i < names.Length; i++)
        {
            var name = Field(i).Trim();
            if (name.Length == 0) name = $"column_{i + 1}";
            var unique = name;
            // Counting goes on from the last number of this name, so that many equal names take no more than one try each.
            for (var n = numbers.GetValueOrDefault(name, 2); !taken.Add(unique); n++)
            {
                unique = $"{name}_{n}";
                numbers[name] = n + 1;
            }

            names[i] = unique;
        }

        (header, headerEnds) = ([.. record], [.. ends]);
        return names;
    }

    private bool IsHeaderAgain() => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(record).SequenceEqual(header) && ends.SequenceEqual(headerEnds);

    private string Field(int i)
    {
        var from = i == 0 ? 0 : ends[i - 1];
        return Encoding.UTF8.GetString(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(record)[from..ends[i]]);
    }

    private string? Problem() => unclosed
        ? $"a quote is opened and never closed; everything up to line {window.Line} was taken as one field and is lost"
        : overlong ? $"the record is longer than {ByteWindow.RecordLimit >> 20} MiB"
        : TextBytes.Problem(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(record));

    /// <summary>Takes the next record that is not a blank line; gives the line it began on, or null at the end.</summary>
    private long? NextRecord()
    {
        while (window.Peek() >= 0)
        {
            var line = window.Line;
            if (window.Peek() == 0xEF) window.TakeMark();
            TakeRecord();
            var blank = ends.Count == 1 && ends[0] == 0 && !anyQuote;
            if (!blank) return line;
        }

        return null;
    }

    private void TakeRecord()
    {
        record.Clear();
        ends.Clear();
        anyQuote = unclosed = overlong = false;
        var fieldStart = true;
        var quoted = false;
        while (true)
        {
            var value = window.Take();
            if (value < 0)
            {
                unclosed = quoted;
                ends.Add(record.Count);
                return;
            }

            if (record.Count >= ByteWindow.RecordLimit || ends.Count >= MostFields)
            {
                // It is passed over to its end.
                overlong = true;
                record.Clear();
                ends.Clear();
            }

            if (quoted)
            {
                if (value != '"') record.Add((byte)value);
                else if (window.Peek() == '"') record.Add((byte)window.Take());
                else quoted = false;
                continue;
            }

            if (value == '"' && fieldStart)
            {
                quoted = anyQuote = true;
                fieldStart = false;
            }
            else if (value == delimiter)
            {
                ends.Add(record.Count);
                fieldStart = true;
            }
            else if (value is '\n' or '\r')
            {
                if (value == '\r' && window.Peek() == '\n') window.Take();
                ends.Add(record.Count);
                return;
            }
            else
            {
                record.Add((byte)value);
                fieldStart = false;
            }
        }
    }
}
