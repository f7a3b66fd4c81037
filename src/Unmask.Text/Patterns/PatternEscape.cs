using Unmask.Text.Unicode;

namespace Unmask.Text.Patterns;

/// <summary>An escape that stands for one code point or a class of them, in a pattern or inside its brackets.</summary>
internal readonly struct PatternEscape
{
    /// <param name="source">The whole pattern.</param>
    /// <param name="at">Where the backslash is.</param>
    public PatternEscape(string source, int at)
    {
        if (at + 1 >= source.Length) throw new FormatException("ends with a \\");
        var c = source[at + 1];
        End = at + 2;
        CodePointSet? named = c switch
        {
            's' => CodePointSet.WhiteSpace,
            'S' => CodePointSet.WhiteSpace.Complement(),
            'd' => CodePointSet.Digit,
            'D' => CodePointSet.Digit.Complement(),
            'w' => CodePointSet.Word,
            'W' => CodePointSet.Word.Complement(),
            'h' => CodePointSet.HexDigit,
            'H' => CodePointSet.HexDigit.Complement(),
            'N' or 'O' => c == 'N' ? CodePointSet.AnyButNewline : CodePointSet.Any,
            _ => null,
        };
        if (named is not null)
        {
            Set = named;
            return;
        }
        if (c is 'p' or 'P')
        {
            Set = Property(source, at + 2, c == 'P', out int end);
            End = end;
            return;
        }
        (CodePoint, End) = Single(source, at + 1);
        Set = CodePointSet.Of(CodePoint.Value);
    }

    /// <summary>The one code point it stands for, or null for a class.</summary>
    public int? CodePoint { get; }

    public CodePointSet Set { get; }

    /// <summary>The position after it.</summary>
    public int End { get; }

    private static CodePointSet Property(string source, int at, bool negative, out int end)
    {
        string name;
        if (at < source.Length && source[at] == '{')
        {
            int close = source.IndexOf('}', at);
            if (close < 0) throw new FormatException("has a \\p{ that is not closed");
            name = source[(at + 1)..close];
            end = close + 1;
        }
        else if (at < source.Length)
        {
            name = source[at].ToString();
            end = at + 1;
        }
        else throw new FormatException("ends within a \\p");
        if (name.StartsWith('^'))
        {
            name = name[1..];
            negative = !negative;
        }
        var set = UnicodeProperty.Find(name) ?? throw new FormatException($"names the Unicode property \"{name}\", which is unknown");
        return negative ? set.Complement() : set;
    }

    private static (int CodePoint, int End) Single(string source, int at)
    {
        var c = source[at];
        switch (c)
        {
            case 'n': return ('\n', at + 1);
            case 'r': return ('\r', at + 1);
            case 't': return ('\t', at + 1);
            case 'f': return ('\f', at + 1);
            case 'v': return ('\v', at + 1);
            case 'a': return ('\a', at + 1);
            case 'e': return (0x1B, at + 1);
            case '0': return (0, at + 1);
            case 'x' when at + 1 < source.Length && source[at + 1] == '{':
            case 'u' when at + 1 < source.Length && source[at + 1] == '{':
                int close = source.IndexOf('}', at);
                return close < 0 ? throw new FormatException($"has a \\{c}{{ that is not closed") : (Hex(source[(at + 2)..close]), close + 1);
            case 'x':
                int end = at + 1;
                while (end < source.Length && end < at + 3 && char.IsAsciiHexDigit(source[end])) end++;
                return (Hex(source[(at + 1)..end]), end);
            case 'u':
                return at + 5 <= source.Length ? (Hex(source[(at + 1)..(at + 5)]), at + 5) : throw new FormatException("has a \\u without four digits");
            case >= 'a' and <= 'z' or >= 'A' and <= 'Z' or >= '1' and <= '9':
                throw new FormatException($"has \\{c}, which is not supported");
            default:
                int codePoint = CodePoints.At(source, at, out int units);
                return (codePoint, at + units);
        }
    }

    private static int Hex(string digits) =>
        int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value) && value is >= 0 and <= 0x10FFFF
            ? value
            : throw new FormatException($"has the code point \"{digits}\", which is none");
}
