using System.Text;

namespace Unmask.Text.Unicode;

/// <summary>Which code points differ only by case: simple case folding, where one code point stands for one.</summary>
internal static class CaseFolding
{
    private const int LastCased = 0x1E943;

    private static readonly Lazy<Dictionary<int, int[]>> _variants = new(Read, LazyThreadSafetyMode.ExecutionAndPublication);

    /// <summary>The code point and all that fold as it does; empty for one that has no other case.</summary>
    public static ReadOnlySpan<int> VariantsOf(int codePoint) => _variants.Value.GetValueOrDefault(Fold(codePoint));

    private static Dictionary<int, int[]> Read() =>
        Enumerable.Range(0, LastCased + 1).GroupBy(Fold).Where(same => same.Skip(1).Any()).ToDictionary(same => same.Key, same => same.ToArray());

    private static int Fold(int c) => c switch
    {
        // I with a dot and i without one fold to themselves; these ligatures and twice-accented letters fold to their doubles.
        0x130 or 0x131 => c,
        0x1FD3 => 0x390,
        0x1FE3 => 0x3B0,
        0xFB05 => 0xFB06,
        0x17F => 's',
        0x1E9E => 0xDF,
        >= 0xD800 and < 0xE000 or > LastCased => c,
        // By way of upper case, so that ς and σ meet.
        _ => Rune.ToLowerInvariant(Rune.ToUpperInvariant(new Rune(c))).Value,
    };
}
