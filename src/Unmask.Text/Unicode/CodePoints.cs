using System.Runtime.CompilerServices;

namespace Unmask.Text.Unicode;

/// <summary>
/// Classes of Unicode code points as Hugging Face's tokenizers draws them. Everything here works on whole code points: .NET's own
/// regular expressions see UTF-16 units, and so take no letter outside the basic plane for a letter.
/// </summary>
internal static class CodePoints
{
    /// <summary>The code point that starts at <paramref name="index"/>, and how many UTF-16 units it takes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int At(ReadOnlySpan<char> text, int index, out int units)
    {
        var c = text[index];
        if (char.IsHighSurrogate(c) && index + 1 < text.Length && char.IsLowSurrogate(text[index + 1]))
        {
            units = 2;
            return char.ConvertToUtf32(c, text[index + 1]);
        }
        units = 1;
        return c;
    }

    /// <summary>The code point that ends just before <paramref name="index"/>.</summary>
    public static int Before(ReadOnlySpan<char> text, int index, out int units)
    {
        var c = text[index - 1];
        if (char.IsLowSurrogate(c) && index >= 2 && char.IsHighSurrogate(text[index - 2]))
        {
            units = 2;
            return char.ConvertToUtf32(text[index - 2], c);
        }
        units = 1;
        return c;
    }

    public static int Utf8Length(int codePoint) => codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;

    public static UnicodeCategory Category(int codePoint) => CharUnicodeInfo.GetUnicodeCategory(codePoint);

    /// <summary>The property White_Space.</summary>
    public static bool IsWhiteSpace(int c) =>
        c is >= 9 and <= 13 or 0x20 or 0x85 or 0xA0 or 0x1680 or >= 0x2000 and <= 0x200A or 0x2028 or 0x2029 or 0x202F or 0x205F or 0x3000;

    /// <summary>Punctuation as Unicode 8.0 has it, the version of the library's table.</summary>
    public static bool IsPunctuation(int c)
    {
        if (c < 0x80) return c is >= 33 and <= 47 or >= 58 and <= 64 or >= 91 and <= 96 or >= 123 and <= 126;
        // U+166D was a mark of punctuation then, U+111C9 too.
        return (Category(c) is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation || c is 0x166D or 0x111C9)
            && !UnicodeData.CameAfter(8, c);
    }

    /// <summary>A digit or number of Unicode 17.0, of which this .NET lacks two sets of digits.</summary>
    public static bool IsNumeric(int c) =>
        c < 0x80 ? c is >= '0' and <= '9'
            : Category(c) is >= UnicodeCategory.DecimalDigitNumber and <= UnicodeCategory.OtherNumber || c is >= 0x11DE0 and <= 0x11DE9 or >= 0x16FF4 and <= 0x16FF6;

    /// <summary>A nonspacing mark of Unicode 8.0; what has become one since, or is none any more, counts as it did then.</summary>
    public static bool IsNonspacingMark(int c) =>
        c >= 0x300 && (c == 0x1734 || c == 0x1171E || (Category(c) == UnicodeCategory.NonSpacingMark && c is not (0x1885 or 0x1886 or 0xA9BD or 0x111C9) && !UnicodeData.CameAfter(8, c)));

    /// <summary>A mark of any kind of Unicode 9.0.</summary>
    public static bool IsMark(int c) =>
        c >= 0x300
            && (Category(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark || c is 0x1CF2 or 0x1CF3)
            && c != 0x111C9 && !UnicodeData.CameAfter(9, c);

    /// <summary>What BERT calls a control character: control, format (of Unicode 8.0) and private use, but not tab, newline and carriage return.</summary>
    public static bool IsBertControl(int c) =>
        c is not ('\t' or '\n' or '\r') && Category(c) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse
            && !UnicodeData.CameAfter(8, c);

    /// <summary>What <c>\w</c> means: Alphabetic, marks, decimal digits and connector punctuation.</summary>
    public static bool IsWord(int c)
    {
        if (c < 0x80) return c is >= 'a' and <= 'z' or >= 'A' and <= 'Z' or >= '0' and <= '9' or '_';
        return Category(c) switch
        {
            <= UnicodeCategory.OtherLetter => true,
            >= UnicodeCategory.NonSpacingMark and <= UnicodeCategory.LetterNumber => true,
            UnicodeCategory.ConnectorPunctuation => true,
            // Circled and squared letters are alphabetic symbols (Other_Alphabetic).
            UnicodeCategory.OtherSymbol => c is >= 0x24B6 and <= 0x24E9 or >= 0x1F130 and <= 0x1F149 or >= 0x1F150 and <= 0x1F169 or >= 0x1F170 and <= 0x1F189,
            _ => false,
        };
    }

    /// <summary>What <c>\w</c> means to the library's patterns outside brackets, and <c>\b</c>: the superscripts and fractions of Latin-1 too.</summary>
    public static bool IsWordAlone(int c) => IsWord(c) || c is 0xB2 or 0xB3 or 0xB9 or >= 0xBC and <= 0xBE;

    public static bool IsChinese(int c) =>
        c is >= 0x4E00 and <= 0x9FFF or >= 0x3400 and <= 0x4DBF or >= 0x20000 and <= 0x2A6DF or >= 0x2A700 and <= 0x2B73F
            or >= 0x2B740 and <= 0x2B81F or >= 0x2B920 and <= 0x2CEAF or >= 0xF900 and <= 0xFAFF or >= 0x2F800 and <= 0x2FA1F;

    /// <summary>Lower case of one code point. Only U+0130 has two code points; its second comes back in <paramref name="second"/>, else 0.</summary>
    public static int ToLower(int c, out int second)
    {
        second = 0;
        if (c < 0x80) return c is >= 'A' and <= 'Z' ? c + 32 : c;
        if (c == 0x130)
        {
            second = 0x307;
            return 'i';
        }
        return c switch
        {
            // New in Unicode 17.0, which this .NET does not have.
            0xA7CE or 0xA7D2 or 0xA7D4 => c + 1,
            >= 0x16EA0 and <= 0x16EB8 => c + 27,
            >= 0xD800 and < 0xE000 => c,
            _ => System.Text.Rune.ToLowerInvariant(new System.Text.Rune(c)).Value,
        };
    }

    /// <summary>The text with each unpaired surrogate replaced by U+FFFD: other libraries' texts cannot hold one.</summary>
    public static string WithoutLoneSurrogates(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1])) i++;
            else return ReplaceLoneSurrogates(text);
        }
        return text;
    }

    private static string ReplaceLoneSurrogates(string text)
    {
        var units = text.ToCharArray();
        for (int i = 0; i < units.Length; i++)
        {
            if (!char.IsSurrogate(units[i])) continue;
            if (char.IsHighSurrogate(units[i]) && i + 1 < units.Length && char.IsLowSurrogate(units[i + 1])) i++;
            else units[i] = '\uFFFD';
        }
        return new string(units);
    }
}
