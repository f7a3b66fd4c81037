using System.Runtime.CompilerServices;
using Unmask.Text.Unicode;

namespace Unmask.Text.Patterns;

/// <summary>A set of code points, as a character class of a pattern describes it. Answers are remembered for the basic plane.</summary>
internal sealed class CodePointSet(Func<int, bool> contains)
{
    private const byte Unknown = 0, No = 1, Yes = 2;

    // Filled as code points turn up. Two threads may both fill a cell, with the same answer.
    private readonly byte[] _low = new byte[0x400];
    private byte[]? _plane;

    public static CodePointSet Of(int codePoint) => new(c => c == codePoint);

    public static CodePointSet Any { get; } = new(_ => true);

    public static CodePointSet AnyButNewline { get; } = new(c => c != '\n');

    public static CodePointSet WhiteSpace { get; } = new(CodePoints.IsWhiteSpace);

    /// <summary>What \w means between brackets.</summary>
    public static CodePointSet Word { get; } = new(CodePoints.IsWord);

    /// <summary>What \w and \b mean outside brackets: there the superscripts and fractions of Latin-1 count too.</summary>
    public static CodePointSet WordAlone { get; } = new(CodePoints.IsWordAlone);

    public static CodePointSet Digit { get; } = new(c => CodePoints.Category(c) == UnicodeCategory.DecimalDigitNumber);

    public static CodePointSet HexDigit { get; } = new(c => c < 0x80 && char.IsAsciiHexDigit((char)c));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Contains(int c)
    {
        if (c < 0x400)
        {
            var known = _low[c];
            return known == Unknown ? Fill(_low, c) : known == Yes;
        }
        return ContainsHigh(c);
    }

    public CodePointSet Complement() => new(c => !Contains(c));

    public CodePointSet Intersection(CodePointSet other) => new(c => Contains(c) && other.Contains(c));

    /// <summary>The set with every code point that differs from a member only by case.</summary>
    public CodePointSet IgnoringCase() => new(c =>
    {
        if (Contains(c)) return true;
        foreach (var variant in CaseFolding.VariantsOf(c))
            if (Contains(variant)) return true;
        return false;
    });

    private bool ContainsHigh(int c)
    {
        if (c >= 0x10000) return contains(c);
        var plane = _plane ??= new byte[0x10000];
        return plane[c] == Unknown ? Fill(plane, c) : plane[c] == Yes;
    }

    private bool Fill(byte[] table, int c)
    {
        bool answer = contains(c);
        table[c] = answer ? Yes : No;
        return answer;
    }
}
