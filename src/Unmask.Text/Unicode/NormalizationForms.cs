namespace Unmask.Text.Unicode;

/// <summary>
/// The four Unicode normalization forms (UAX #15), each code point with the change that
/// <c>Rewriting.Put</c> understands: 0 in place of one, above 0 new, below 0 in place of one and more.
/// </summary>
internal static class NormalizationForms
{
    private const int HangulBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TrailBase = 0x11A7;
    private const int VowelCount = 21, TrailCount = 28, SyllableCount = 11172;

    /// <summary>Whether the form leaves every text of code points below this alone.</summary>
    public static int FirstAffected(bool compose, bool compatibility) => compatibility ? 0xA0 : compose ? 0x300 : 0xC0;

    public static List<(int CodePoint, int Change)> Normalize(ReadOnlySpan<char> text, bool compose, bool compatibility)
    {
        var result = new List<(int CodePoint, int Change)>(text.Length + 8);
        for (int i = 0; i < text.Length;)
        {
            int c = CodePoints.At(text, i, out int units);
            i += units;
            int first = result.Count;
            Decompose(c, compatibility, result);
            for (int k = first; k < result.Count; k++) result[k] = (result[k].CodePoint, k == first ? 0 : 1);
        }
        Reorder(result);
        if (compose) Compose(result);
        return result;
    }

    private static void Decompose(int c, bool compatibility, List<(int, int)> into)
    {
        if (c < 0xA0)
        {
            into.Add((c, 0));
            return;
        }
        if (c >= HangulBase && c < HangulBase + SyllableCount)
        {
            int index = c - HangulBase;
            into.Add((LeadBase + index / (VowelCount * TrailCount), 0));
            into.Add((VowelBase + index % (VowelCount * TrailCount) / TrailCount, 0));
            if (index % TrailCount != 0) into.Add((TrailBase + index % TrailCount, 0));
            return;
        }
        if (UnicodeData.Canonical.TryGetValue(c, out var parts) || (compatibility && UnicodeData.Compatibility.TryGetValue(c, out parts)))
            foreach (var part in parts) Decompose(part, compatibility, into);
        else into.Add((c, 0));
    }

    // Canonical order: runs of combining marks sorted by class, marks of equal class left in their order.
    private static void Reorder(List<(int CodePoint, int Change)> text)
    {
        for (int i = 0; i < text.Count;)
        {
            if (UnicodeData.CombiningClass(text[i].CodePoint) == 0)
            {
                i++;
                continue;
            }
            int end = i + 1;
            while (end < text.Count && UnicodeData.CombiningClass(text[end].CodePoint) != 0) end++;
            if (end - i > 1)
            {
                var sorted = text.GetRange(i, end - i).OrderBy(x => UnicodeData.CombiningClass(x.CodePoint)).ToList();
                for (int k = 0; k < sorted.Count; k++) text[i + k] = sorted[k];
            }
            i = end;
        }
    }

    private static void Compose(List<(int CodePoint, int Change)> text)
    {
        int starter = -1, lastClass = 0, written = 0;
        for (int i = 0; i < text.Count; i++)
        {
            var (c, change) = text[i];
            int combiningClass = UnicodeData.CombiningClass(c);
            bool adjacent = starter == written - 1;
            if (starter >= 0 && (adjacent || (lastClass != 0 && lastClass < combiningClass))
                && ComposePair(text[starter].CodePoint, c) is var composite and > 0)
            {
                text[starter] = (composite, text[starter].Change + change - 1);
                continue;
            }
            if (combiningClass == 0) starter = written;
            lastClass = combiningClass;
            text[written++] = (c, change);
        }
        text.RemoveRange(written, text.Count - written);
    }

    private static int ComposePair(int first, int second)
    {
        if (first is >= LeadBase and < LeadBase + 19 && second is >= VowelBase and < VowelBase + VowelCount)
            return HangulBase + ((first - LeadBase) * VowelCount + (second - VowelBase)) * TrailCount;
        if (first >= HangulBase && first < HangulBase + SyllableCount && (first - HangulBase) % TrailCount == 0
            && second is > TrailBase and < TrailBase + TrailCount)
            return first + (second - TrailBase);
        return UnicodeData.Compositions.GetValueOrDefault((long)first << 32 | (uint)second);
    }
}
