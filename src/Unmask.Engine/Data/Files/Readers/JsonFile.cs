using Unmask.Core.Data;
using Unmask.Engine.Data.Rows.Values;

namespace Unmask.Engine.Data.Files.Readers;

/// <summary>
/// JSON files, read element by element, so that memory is bounded by the largest row and not by the file.
/// An element that is not valid is reported with its line, and reading goes on behind it.
/// </summary>
internal static class JsonFile
{
    /// <summary>Members that hold the rows of the whole dataset.</summary>
    private static readonly string[] RowMembers = ["data", "rows", "examples", "items", "records", "samples", "instances"];

    private const int MostMembers = 200;

    public static IEnumerable<Row> Read(DataFile file, Action<BadLine> report, OpenFile open)
    {
        var (path, member) = (file.Path, file.Member);
        var (layout, members) = file.Layout ?? Inspect(path, open);
        return layout switch
        {
            JsonLayout.Lines => JsonLinesFile.Read(path, report, open),
            JsonLayout.Values => ReadValues(path, report, open),
            JsonLayout.Array => ReadArrays(path, [], report, open),
            _ => ReadArrays(path, member is null ? members : [member], report, open),
        };
    }

    /// <summary>Looks through the file for its layout, without keeping any of it. Members are arrays under the name of a split or under a usual name for rows.</summary>
    public static (JsonLayout Layout, IReadOnlyList<string> Members) Inspect(string path, OpenFile open)
    {
        using var scanner = new JsonScanner(path, open);
        switch (scanner.Peek())
        {
            case '[':
                return (JsonLayout.Array, []);
            case '{':
                break;
            default:
                return (JsonLayout.Lines, []);
        }

        var firstLine = scanner.Line;
        var members = new List<string>();
        var known = new HashSet<string>();
        scanner.Take();
        while (scanner.TakeName() is { } name)
        {
            if (scanner.Peek() == '[')
            {
                scanner.Take();
                if (scanner.Peek() is '{' or ']' && (Array.IndexOf(RowMembers, name) >= 0 || SplitNames.Of(name) is not null) && known.Add(name)) members.Add(name);
                if (members.Count > MostMembers) throw new UserError($"'{path}' has more than {MostMembers} arrays with the name of a split. Name them otherwise, or save each split as a file.");
                scanner.SkipToClose();
            }
            else
            {
                scanner.SkipValue();
            }
        }

        if (scanner.Peek() == '}') scanner.Take();
        var endLine = scanner.Line;
        if (scanner.Peek() >= 0) return (firstLine == endLine ? JsonLayout.Lines : JsonLayout.Values, []);
        return members.Count > 0 ? (JsonLayout.Members, members) : (JsonLayout.Values, []);
    }

    /// <summary>The array that is the file, or the arrays of an object that have one of the <paramref name="members"/>' names.</summary>
    private static IEnumerable<Row> ReadArrays(string path, IReadOnlyList<string> members, Action<BadLine> report, OpenFile open)
    {
        using var scanner = new JsonScanner(path, open);
        if (scanner.Peek() == '[')
        {
            // Files that were joined are arrays one after another.
            while (scanner.Peek() == '[')
            {
                scanner.Take();
                foreach (var row in ReadElements(scanner, report)) yield return row;
            }

            if (scanner.Peek() >= 0) report(new BadLine(path, scanner.Line, "there is more text after the end of the array; it was not read"));
            yield break;
        }

        scanner.Take();
        while (scanner.TakeName() is { } name)
        {
            if (scanner.Peek() != '[' || !members.Contains(name))
            {
                scanner.SkipValue();
                continue;
            }

            scanner.Take();
            foreach (var row in ReadElements(scanner, report)) yield return row;
        }
    }

    private static IEnumerable<Row> ReadElements(JsonScanner scanner, Action<BadLine> report)
    {
        while (true)
        {
            switch (scanner.Peek())
            {
                case ']':
                    scanner.Take();
                    yield break;
                case -1:
                    report(new BadLine(scanner.Path, scanner.Line, "the file ends inside the array"));
                    yield break;
                case ',':
                    scanner.Take();
                    continue;
            }

            if (TakeRow(scanner, report) is { } row) yield return row;
        }
    }

    private static IEnumerable<Row> ReadValues(string path, Action<BadLine> report, OpenFile open)
    {
        using var scanner = new JsonScanner(path, open);
        while (scanner.Peek() >= 0)
        {
            if (TakeRow(scanner, report) is { } row) yield return row;
        }
    }

    private static Row? TakeRow(JsonScanner scanner, Action<BadLine> report)
    {
        var line = scanner.Line;
        var bytes = scanner.TakeValue(out var problem);
        var row = problem is null ? JsonRow.Parse(bytes.Span, scanner.Path, line, out problem) : null;
        if (row is null) report(new BadLine(scanner.Path, line, problem!));
        return row;
    }
}
