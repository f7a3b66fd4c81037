namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>The number literals of templates: <c>42</c>, <c>1_000</c>, <c>0x1f</c>, <c>0b101</c>, <c>0o17</c>, <c>1.5</c>, <c>2e-3</c>.</summary>
internal static class NumberLiteral
{
    /// <summary>Where the literal that begins at <paramref name="start"/> ends. After a point (<c>x.0.1</c>) only whole numbers stand.</summary>
    public static int End(string source, int start, bool afterPoint, out bool isFloat)
    {
        isFloat = false;
        if (source[start] == '0' && start + 1 < source.Length && char.ToLowerInvariant(source[start + 1]) is 'x' or 'o' or 'b')
        {
            var radix = char.ToLowerInvariant(source[start + 1]) switch { 'x' => 16, 'o' => 8, _ => 2 };
            var last = start + 2;
            while (last < source.Length && (source[last] == '_' || IsDigit(source[last], radix))) last++;
            if (last > start + 2) return last;
        }

        var end = SkipDigits(source, start);
        if (!afterPoint && end + 1 < source.Length && source[end] == '.' && char.IsAsciiDigit(source[end + 1]))
        {
            isFloat = true;
            end = SkipDigits(source, end + 1);
        }

        if (!afterPoint && end < source.Length && source[end] is 'e' or 'E')
        {
            var exponent = end + 1;
            if (exponent < source.Length && source[exponent] is '+' or '-') exponent++;
            if (exponent < source.Length && char.IsAsciiDigit(source[exponent]))
            {
                isFloat = true;
                end = SkipDigits(source, exponent);
            }
        }

        // A whole number that begins with 0 is all zeros.
        if (!isFloat && source[start] == '0')
        {
            end = start + 1;
            while (end < source.Length && (source[end] == '0' || (source[end] == '_' && end + 1 < source.Length && source[end + 1] == '0'))) end++;
        }

        return end;
    }

    private static bool IsDigit(char c, int radix) => radix == 16 ? char.IsAsciiHexDigit(c) : c >= '0' && c < '0' + radix;

    private static int SkipDigits(string source, int at)
    {
        while (at < source.Length && (char.IsAsciiDigit(source[at]) || (source[at] == '_' && at + 1 < source.Length && char.IsAsciiDigit(source[at + 1])))) at++;
        return at;
    }
}
