using System.Text;

namespace Unmask.Text.Unicode;

/// <summary>
/// Upper, lower, title case and case folding of texts in full: one code point may become three (<c>ß</c> gives <c>SS</c>), and a sigma at the end of a word
/// is the final one. .NET maps one code point to one. The same as Python's <c>str</c> methods.
/// </summary>
internal static class FullCase
{
    private static readonly Lazy<Dictionary<char, Dictionary<int, string>>> _maps = new(Read, LazyThreadSafetyMode.ExecutionAndPublication);

    public static string Upper(string text) => Ascii.IsValid(text) ? text.ToUpperInvariant() : Map(text, (_, _) => 'U');

    public static string Lower(string text) => Ascii.IsValid(text) ? text.ToLowerInvariant() : Map(text, (_, _) => 'L');

    public static string Fold(string text) => Ascii.IsValid(text) ? text.ToLowerInvariant() : Map(text, (_, _) => 'F');

    public static string Capitalize(string text) => Map(text, (_, at) => at == 0 ? 'T' : 'L');

    public static string Swap(string text) => Map(text, (code, _) => IsUpper(code) ? 'L' : IsLower(code) ? 'U' : ' ');

    /// <summary>Each run of letters begins with title case.</summary>
    public static string Title(string text)
    {
        var inWord = false;
        return Map(text, (code, _) =>
        {
            var map = inWord ? 'L' : 'T';
            inWord = IsCased(code);
            return map;
        });
    }

    public static bool IsLower(int code) => CharUnicodeInfo.GetUnicodeCategory(code) == UnicodeCategory.LowercaseLetter || (code > 127 && UnicodeData.Has("Other_Lowercase", code));

    public static bool IsUpper(int code) => CharUnicodeInfo.GetUnicodeCategory(code) == UnicodeCategory.UppercaseLetter || (code > 127 && UnicodeData.Has("Other_Uppercase", code));

    public static bool IsTitle(int code) => CharUnicodeInfo.GetUnicodeCategory(code) == UnicodeCategory.TitlecaseLetter;

    /// <summary>A Chinese character that stands for a number; .NET knows no value of most of them.</summary>
    public static bool IsHanNumeral(int code) => _maps.Value['N'].ContainsKey(code);

    public static bool IsCased(int code) => IsLower(code) || IsUpper(code) || IsTitle(code);

    private static string Map(string text, Func<int, int, char> choose)
    {
        var result = new StringBuilder(text.Length);
        for (var at = 0; at < text.Length;)
        {
            var code = CodePoints.At(text, at, out var units);
            var map = choose(code, at);
            if (map == 'L' && code == 0x3a3) result.Append(IsFinalSigma(text, at) ? 'ς' : 'σ');
            else if (Find(map, code) is { } mapped) result.Append(mapped);
            else result.Append(text, at, units);
            at += units;
        }

        return result.ToString();
    }

    private static string? Find(char map, int code)
    {
        if (map == ' ') return null;
        var maps = _maps.Value;
        if (map == 'T') return maps['T'].GetValueOrDefault(code) ?? maps['U'].GetValueOrDefault(code);
        if (map == 'F') return maps['F'].GetValueOrDefault(code) ?? maps['L'].GetValueOrDefault(code);
        return maps[map].GetValueOrDefault(code);
    }

    /// <summary>Behind a letter and in front of none, whatever marks stand between.</summary>
    private static bool IsFinalSigma(string text, int at)
    {
        var before = at;
        while (before > 0)
        {
            var code = CodePoints.Before(text, before, out var units);
            before -= units;
            if (IsCaseIgnorable(code)) continue;
            if (!IsCased(code)) return false;
            for (var after = at + 1; after < text.Length; after += units)
            {
                code = CodePoints.At(text, after, out units);
                if (!IsCaseIgnorable(code)) return !IsCased(code);
            }

            return true;
        }

        return false;
    }

    private static bool IsCaseIgnorable(int code) =>
        CharUnicodeInfo.GetUnicodeCategory(code) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format or UnicodeCategory.ModifierLetter
            or UnicodeCategory.ModifierSymbol
        || code is '\'' or '.' or ':' or 0xb7 or 0x387 or 0x55f or 0x5f4 or 0x2018 or 0x2019 or 0x2024 or 0x2027 or 0xfe13 or 0xfe52 or 0xfe55 or 0xff07 or 0xff0e or 0xff1a;

    private static Dictionary<char, Dictionary<int, string>> Read()
    {
        using var stream = typeof(FullCase).Assembly.GetManifestResourceStream("case-data.txt")!;
        using var reader = new StreamReader(stream);
        var maps = new Dictionary<char, Dictionary<int, string>> { ['U'] = [], ['L'] = [], ['T'] = [], ['F'] = [], ['N'] = [] };
        while (reader.ReadLine() is { } line)
        {
            if (line[0] == '#') continue;
            var parts = line.Split(' ');
            var map = maps[line[0]];
            var first = Code(parts[1]);
            if (parts[2] == "=")
            {
                map[first] = string.Concat(parts.Skip(3).Select(part => char.ConvertFromUtf32(Code(part))));
                continue;
            }

            var delta = int.Parse(parts[4], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            for (var code = first; code <= Code(parts[2]); code += Code(parts[3])) map[code] = char.ConvertFromUtf32(code + delta);
        }

        return maps;
    }

    private static int Code(string digits) => int.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
