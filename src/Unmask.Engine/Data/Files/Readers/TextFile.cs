using System.Text;
using System.Text.Json.Nodes;
using Unmask.Core.Data;
using Unmask.Engine.Data.Rows.Values;

namespace Unmask.Engine.Data.Files.Readers;

/// <summary>Plain text as rows with one column, <c>text</c>.</summary>
internal static class TextFile
{
    public const string Column = "text";

    /// <summary>Most characters of a paragraph or document.</summary>
    private const int LongestText = 256 << 20;

    public static IEnumerable<Row> Read(string path, TextUnit unit, Action<BadLine> report, OpenFile open)
    {
        using var window = new ByteWindow(TextBytes.Open(path, open));
        var text = new StringBuilder();
        long firstLine = 0;
        while (true)
        {
            window.Mark();
            var line = window.Line;
            var more = window.TakeLine();
            var bytes = TextBytes.WithoutMark(window.Marked);
            var blank = bytes.Span.IndexOfAnyExcept(" \t\r\n"u8) < 0;
            var endsUnit = !more || unit == TextUnit.Line || (unit == TextUnit.Paragraph && blank);

            if (more && !(blank && unit != TextUnit.Document))
            {
                var problem = window.Overlong
                    ? $"the line is longer than {ByteWindow.RecordLimit >> 20} MiB"
                    : TextBytes.Problem(bytes.Span);
                if (problem is not null)
                {
                    report(new BadLine(path, line, problem));
                }
                else
                {
                    if (text.Length == 0) firstLine = line;
                    if (text.Length > LongestText) throw new UserError($"The text from line {firstLine} of '{path}' is longer than {LongestText >> 20} Mi characters; {(unit == TextUnit.Document ? "part it into several files" : "part it with blank lines")}.");
                    AppendLine(text, bytes.Span);
                }
            }

            if (endsUnit && text.Length > 0)
            {
                var value = text.ToString().TrimEnd('\n');
                text.Clear();
                if (!string.IsNullOrWhiteSpace(value)) yield return RowOf(path, firstLine, value);
            }

            if (!more) yield break;
        }
    }

    private static void AppendLine(StringBuilder text, ReadOnlySpan<byte> line)
    {
        var ended = line.EndsWith("\n"u8);
        if (ended) line = line[..^1];
        if (line.EndsWith("\r"u8)) line = line[..^1];
        text.Append(Encoding.UTF8.GetString(line));
        if (ended) text.Append('\n');
    }

    private static Row RowOf(string path, long line, string text) =>
        new(path, line, new OrderedDictionary<string, JsonNode?> { [Column] = JsonValue.Create(text) });
}
