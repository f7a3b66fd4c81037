using Unmask.Text.Unicode;

namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>What sort of characters a text has: Python's <c>isalpha</c>, <c>isupper</c> and their like.</summary>
internal static class TextClasses
{
    public static IReadOnlyList<string> Names { get; } =
        ["isalpha", "isalnum", "isdecimal", "isdigit", "isnumeric", "isspace", "isascii", "isprintable", "islower", "isupper", "istitle", "isidentifier"];

    public static bool Is(string name, string text)
    {
        switch (name)
        {
            case "isascii":
                return System.Text.Ascii.IsValid(text);
            case "isprintable":
                return All(text, (code, at) => code == ' ' || PythonRepr.IsPrintable(text, at));
            case "islower":
                return HasCase(text, FullCase.IsLower, code => FullCase.IsUpper(code) || FullCase.IsTitle(code));
            case "isupper":
                return HasCase(text, FullCase.IsUpper, code => FullCase.IsLower(code) || FullCase.IsTitle(code));
            case "istitle":
                return IsTitle(text);
            case "isidentifier":
                return text.Length > 0 && IsIdentifier(text);
            default:
                Func<int, bool> holds = name switch
                {
                    "isalpha" => IsLetter,
                    "isalnum" => IsWord,
                    "isdecimal" => IsDecimal,
                    "isdigit" => IsDigit,
                    "isnumeric" => IsNumeric,
                    _ => code => code < 0x10000 && PythonText.IsSpace((char)code),
                };
                return text.Length > 0 && All(text, (code, _) => holds(code));
        }
    }

    /// <summary>A letter or number of any kind, as Python's <c>isalnum</c> and its patterns' <c>\w</c> mean it.</summary>
    public static bool IsWord(int code) => IsLetter(code) || IsNumeric(code);

    /// <summary>Whether the text may be a name in a template.</summary>
    public static bool IsIdentifier(string text) => All(text, (code, at) => at == 0
        ? code == '_' || IsLetter(code) || CodePoints.Category(code) == UnicodeCategory.LetterNumber
        : code == '_' || IsLetter(code) || CodePoints.Category(code) is UnicodeCategory.LetterNumber or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.NonSpacingMark
            or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.ConnectorPunctuation || code == 0xb7);

    private static bool IsLetter(int code) => CodePoints.Category(code) is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
        or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter;

    private static bool IsDecimal(int code) => CodePoints.Category(code) == UnicodeCategory.DecimalDigitNumber;

    private static bool IsDigit(int code) => IsDecimal(code) || Value(code, CharUnicodeInfo.GetDigitValue) >= 0;

    private static bool IsNumeric(int code) => IsDecimal(code) || Value(code, CharUnicodeInfo.GetNumericValue) != -1 || (code > 0x3400 && FullCase.IsHanNumeral(code));

    private static double Value(int code, Func<string, int, double> read) => code is >= 0xd800 and <= 0xdfff ? -1 : read(char.ConvertFromUtf32(code), 0);

    private static double Value(int code, Func<string, int, int> read) => code is >= 0xd800 and <= 0xdfff ? -1 : read(char.ConvertFromUtf32(code), 0);

    private static bool All(string text, Func<int, int, bool> holds)
    {
        for (var at = 0; at < text.Length;)
        {
            if (!holds(CodePoints.At(text, at, out var units), at)) return false;
            at += units;
        }

        return true;
    }

    private static bool HasCase(string text, Func<int, bool> needed, Func<int, bool> forbidden)
    {
        var found = false;
        return All(text, (code, _) =>
        {
            found |= needed(code);
            return !forbidden(code);
        }) && found;
    }

    private static bool IsTitle(string text)
    {
        var (found, inWord) = (false, false);
        return All(text, (code, _) =>
        {
            if (FullCase.IsUpper(code) || FullCase.IsTitle(code))
            {
                if (inWord) return false;
                (found, inWord) = (true, true);
            }
            else if (FullCase.IsLower(code))
            {
                if (!inWord) return false;
                found = true;
            }
            else inWord = false;

            return true;
        }) && found;
    }
}
