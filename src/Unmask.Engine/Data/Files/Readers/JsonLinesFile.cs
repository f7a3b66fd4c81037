using Unmask.Core.Data;
using Unmask.Engine.Data.Rows.Values;

namespace Unmask.Engine.Data.Files.Readers;

/// <summary>One JSON object a line. Only \n (with or without \r before it) ends a line; U+2028 and its like do not.</summary>
internal static class JsonLinesFile
{
    public static IEnumerable<Row> Read(string path, Action<BadLine> report, OpenFile open)
    {
        using var window = new ByteWindow(TextBytes.Open(path, open));
        while (true)
        {
            window.Mark();
            var line = window.Line;
            if (!window.TakeLine()) yield break;
            var bytes = TextBytes.WithoutMark(window.Marked);
            if (window.Overlong)
            {
                report(new BadLine(path, line, $"the line is longer than {ByteWindow.RecordLimit >> 20} MiB"));
                continue;
            }

            if (bytes.Span.IndexOfAnyExcept(" \t\r\n"u8) < 0) continue;
            var row = JsonRow.Parse(bytes.Span, path, line, out var reason);
            if (row is null) report(new BadLine(path, line, reason));
            else yield return row;
        }
    }
}
