namespace Unmask.Engine.Modeling.Quantization;

/// <summary>
/// The 256 values of the signed dynamic 8-bit type (Dettmers 2016, arXiv 1511.04561), in which double quantization keeps the absmax of blocks: dense around zero,
/// 64 values a sign in the uppermost power of ten, half as many in each below. As bitsandbytes builds it, to the bit.
/// </summary>
internal static class DynamicMap
{
    private static readonly float[] All = Build();
    private static readonly float[] Between = [.. All.Zip(All.Skip(1), (lower, upper) => (lower + upper) / 2)];

    /// <summary>What the codes stand for, ascending.</summary>
    public static ReadOnlySpan<float> Values => All;

    /// <summary>The nearest code; of two as near the lower.</summary>
    /// <param name="x">Between -1 and 1.</param>
    public static byte Nearest(float x)
    {
        var (from, to) = (0, Between.Length);
        while (from < to)
        {
            var middle = (from + to) / 2;
            if (x > Between[middle]) from = middle + 1;
            else to = middle;
        }

        return (byte)from;
    }

    private static float[] Build()
    {
        var values = new List<float> { 0, 1 };
        for (var i = 0; i < 7; i++)
        {
            var items = 1 << i;
            var scale = (float)Math.Pow(10, i - 6);
            for (var k = 0; k < items; k++)
            {
                var mean = (Boundary(k, items) + Boundary(k + 1, items)) / 2 * scale;
                values.Add(mean);
                values.Add(-mean);
            }
        }

        values.Sort();
        return [.. values];
    }

    /// <summary>Number <paramref name="k"/> of the ends of <paramref name="items"/> equal parts of 0.1 to 1, counted from the nearer end and rounded once, as torch.linspace does.</summary>
    private static float Boundary(int k, int items)
    {
        var step = (1f - 0.1f) / items;
        return k < (items + 1) / 2 ? MathF.FusedMultiplyAdd(step, k, 0.1f) : MathF.FusedMultiplyAdd(-step, items - k, 1f);
    }
}
