using Unmask.Text.Unicode;

namespace Unmask.Text.Patterns;

/// <summary>The names that may stand in <c>\p{…}</c> and in <c>[[:…:]]</c>: general categories, scripts, POSIX classes.</summary>
internal static class UnicodeProperty
{
    private static readonly string[] _categories =
    [
        "lu", "ll", "lt", "lm", "lo", "mn", "mc", "me", "nd", "nl", "no", "zs", "zl", "zp", "cc", "cf", "cs", "co",
        "pc", "pd", "ps", "pe", "pi", "pf", "po", "sm", "sc", "sk", "so", "cn",
    ];

    private static readonly Dictionary<string, string> _longNames = new()
    {
        ["letter"] = "l",
        ["mark"] = "m",
        ["combiningmark"] = "m",
        ["number"] = "n",
        ["punctuation"] = "p",
        ["punct"] = "p",
        ["symbol"] = "s",
        ["separator"] = "z",
        ["other"] = "c",
        ["uppercaseletter"] = "lu",
        ["lowercaseletter"] = "ll",
        ["titlecaseletter"] = "lt",
        ["modifierletter"] = "lm",
        ["otherletter"] = "lo",
        ["nonspacingmark"] = "mn",
        ["spacingmark"] = "mc",
        ["enclosingmark"] = "me",
        ["decimalnumber"] = "nd",
        ["letternumber"] = "nl",
        ["othernumber"] = "no",
        ["spaceseparator"] = "zs",
        ["lineseparator"] = "zl",
        ["paragraphseparator"] = "zp",
        ["control"] = "cc",
        ["format"] = "cf",
        ["privateuse"] = "co",
        ["unassigned"] = "cn",
        ["connectorpunctuation"] = "pc",
        ["dashpunctuation"] = "pd",
        ["openpunctuation"] = "ps",
        ["closepunctuation"] = "pe",
        ["initialpunctuation"] = "pi",
        ["finalpunctuation"] = "pf",
        ["otherpunctuation"] = "po",
        ["mathsymbol"] = "sm",
        ["currencysymbol"] = "sc",
        ["modifiersymbol"] = "sk",
        ["othersymbol"] = "so",
        ["surrogate"] = "cs",
    };

    /// <summary>The set of that name, or null when the name is not known.</summary>
    public static CodePointSet? Find(string name)
    {
        var key = UnicodeData.Normalized(name);
        foreach (var prefix in new[] { "generalcategory=", "gc=", "script=", "sc=" })
            if (key.StartsWith(prefix, StringComparison.Ordinal)) key = key[prefix.Length..];
        if (_longNames.TryGetValue(key, out var shortName)) key = shortName;
        if (key.Length is 1 or 2 && Categories(key) is { } categories) return categories;
        if (Class(key) is { } named) return named;
        if (UnicodeData.Script(key) is not { } ranges) return null;
        return new CodePointSet(c => ranges.Any(r => c >= r.First && c <= r.Last));
    }

    /// <summary>The set that <c>[[:name:]]</c> stands for, or null. Its <c>punct</c> has symbols too, unlike that of <c>\p{…}</c>.</summary>
    public static CodePointSet? FindPosix(string name) => Find(name.Equals("punct", StringComparison.OrdinalIgnoreCase) ? "posixpunct" : name);

    private static CodePointSet? Categories(string key)
    {
        uint mask = 0;
        for (int i = 0; i < _categories.Length; i++)
            if (key.Length == 1 ? _categories[i][0] == key[0] : _categories[i] == key) mask |= 1u << i;
        if (mask == 0 && key == "lc") mask = 0b111;
        return mask == 0 ? null : new CodePointSet(c => (mask >> (int)CodePoints.Category(c) & 1) != 0);
    }

    private static CodePointSet? Class(string key) => key switch
    {
        "any" => CodePointSet.Any,
        "ascii" => new(c => c < 0x80),
        "space" or "whitespace" or "xposixspace" => CodePointSet.WhiteSpace,
        "word" => CodePointSet.Word,
        "digit" => CodePointSet.Digit,
        "xdigit" => CodePointSet.HexDigit,
        "alpha" or "alphabetic" => new(IsAlphabetic),
        "alnum" => new(c => IsAlphabetic(c) || CodePoints.Category(c) == UnicodeCategory.DecimalDigitNumber),
        "upper" or "uppercase" => new(c => CodePoints.Category(c) == UnicodeCategory.UppercaseLetter || UnicodeData.Has("Other_Uppercase", c)),
        "lower" or "lowercase" => new(c => CodePoints.Category(c) == UnicodeCategory.LowercaseLetter || UnicodeData.Has("Other_Lowercase", c)),
        "posixpunct" => new(c => CodePoints.Category(c) is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherSymbol),
        "blank" => new(c => c == '\t' || CodePoints.Category(c) == UnicodeCategory.SpaceSeparator),
        "cntrl" => new(c => CodePoints.Category(c) == UnicodeCategory.Control),
        "graph" => new(c => !CodePoints.IsWhiteSpace(c) && CodePoints.Category(c) is not
            (UnicodeCategory.Control or UnicodeCategory.Surrogate or UnicodeCategory.OtherNotAssigned)),
        "print" => new(c => CodePoints.Category(c) is UnicodeCategory.SpaceSeparator
            || (!CodePoints.IsWhiteSpace(c) && CodePoints.Category(c) is not
                (UnicodeCategory.Control or UnicodeCategory.Surrogate or UnicodeCategory.OtherNotAssigned))),
        _ => null,
    };

    private static bool IsAlphabetic(int c) =>
        CodePoints.Category(c) is <= UnicodeCategory.OtherLetter or UnicodeCategory.LetterNumber || UnicodeData.Has("Other_Alphabetic", c);
}
