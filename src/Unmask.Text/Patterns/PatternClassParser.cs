using Unmask.Text.Unicode;

namespace Unmask.Text.Patterns;

/// <summary>Reads what stands between brackets: ranges, escapes, nested classes (united), intersections with <c>&amp;&amp;</c>.</summary>
internal sealed class PatternClassParser(string source, int opening, bool ignoreCase, int depth = 0)
{
    private readonly List<(int First, int Last)> _ranges = [];
    private readonly List<CodePointSet> _sets = [];
    private int _at = opening;

    /// <param name="end">The position after the closing bracket.</param>
    public CodePointSet Parse(out int end)
    {
        if (depth > 50) throw new FormatException("nests character classes deeper than 50");
        bool negative = Peek('^');
        if (negative) _at++;
        CodePointSet? left = null;
        bool first = true;
        while (true)
        {
            if (_at >= source.Length) throw new FormatException("has a [ that is not closed");
            if (source[_at] == ']' && !first) break;
            if (source.AsSpan(_at).StartsWith("&&"))
            {
                _at += 2;
                left = left is null ? Take() : left.Intersection(Take());
                continue;
            }
            ParseItem();
            first = false;
        }
        end = _at + 1;
        var set = left is null ? Take() : left.Intersection(Take());
        // Case is folded once, for all that stands within, before a leading ^ turns the class round: [^A] leaves out a too.
        if (ignoreCase) set = set.IgnoringCase();
        return negative ? set.Complement() : set;
    }

    private void ParseItem()
    {
        if (source.AsSpan(_at).StartsWith("[:") && ParsePosix()) return;
        if (source[_at] == '[')
        {
            _sets.Add(new PatternClassParser(source, _at + 1, false, depth + 1).Parse(out _at));
            return;
        }
        if (ParseOne() is not { } low) return;
        if (!Peek('-') || _at + 1 >= source.Length || source[_at + 1] is ']' or '[')
        {
            _ranges.Add((low, low));
            return;
        }
        int dash = _at++;
        int setsBefore = _sets.Count;
        if (ParseOne() is { } high)
        {
            if (high < low) throw new FormatException($"has a range at position {dash - 1} that runs backwards");
            _ranges.Add((low, high));
            return;
        }
        // [a-\s]: the class was added, the dash stands for itself.
        if (_sets.Count > setsBefore) _ranges.AddRange([(low, low), ('-', '-')]);
    }

    private int? ParseOne()
    {
        if (source[_at] != '\\')
        {
            int c = CodePoints.At(source, _at, out int units);
            _at += units;
            return c;
        }
        if (_at + 1 < source.Length && source[_at + 1] == 'b')
        {
            _at += 2;
            return '\b';
        }
        var escape = new PatternEscape(source, _at);
        _at = escape.End;
        if (escape.CodePoint is { } codePoint) return codePoint;
        _sets.Add(escape.Set);
        return null;
    }

    private bool ParsePosix()
    {
        int close = source.IndexOf(":]", _at + 2, StringComparison.Ordinal);
        if (close < 0) return false;
        var name = source[(_at + 2)..close];
        bool negative = name.StartsWith('^');
        if (negative) name = name[1..];
        if (name.Length == 0 || !name.All(char.IsAsciiLetter)) return false;
        var set = UnicodeProperty.FindPosix(name) ?? throw new FormatException($"names the class [:{name}:], which is unknown");
        _sets.Add(negative ? set.Complement() : set);
        _at = close + 2;
        return true;
    }

    private bool Peek(char c) => _at < source.Length && source[_at] == c;

    private CodePointSet Take()
    {
        var ranges = _ranges.ToArray();
        var sets = _sets.ToArray();
        _ranges.Clear();
        _sets.Clear();
        return new CodePointSet(c =>
        {
            foreach (var (low, high) in ranges)
                if (c >= low && c <= high) return true;
            foreach (var set in sets)
                if (set.Contains(c)) return true;
            return false;
        });
    }
}
