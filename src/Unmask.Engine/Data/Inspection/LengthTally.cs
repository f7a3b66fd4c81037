using System.Numerics;
using Unmask.Core.Data;

namespace Unmask.Engine.Data.Inspection;

/// <summary>Counts lengths in memory that does not grow with their number.</summary>
internal sealed class LengthTally
{
    /// <summary>Up to here each length is counted by itself.</summary>
    private const int Exact = 4096;

    /// <summary>Bins for each doubling beyond.</summary>
    private const int BinsPerDoubling = 64;

    private readonly SortedDictionary<int, long> bins = [];
    private long count;
    private double sum;
    private long longest;

    public long Count => count;

    public void Add(int length)
    {
        var bin = BinOf(length);
        bins[bin] = bins.GetValueOrDefault(bin) + 1;
        count++;
        sum += length;
        longest = Math.Max(longest, length);
    }

    public LengthDistribution Result() => new([.. bins.Select(pair => Bucket(pair.Key, pair.Value))], count, count == 0 ? 0 : sum / count, longest);

    private static int BinOf(int length)
    {
        if (length <= Exact) return length;
        var doubling = BitOperations.Log2((uint)(length - 1) / Exact);
        var width = (Exact << doubling) / BinsPerDoubling;
        return Exact + 1 + doubling * BinsPerDoubling + (length - 1 - (Exact << doubling)) / width;
    }

    private static LengthBucket Bucket(int bin, long rows)
    {
        if (bin <= Exact) return new LengthBucket(bin, bin, rows);
        var (doubling, place) = Math.DivRem(bin - Exact - 1, BinsPerDoubling);
        var width = (Exact << doubling) / BinsPerDoubling;
        var from = (Exact << doubling) + place * width + 1;
        return new LengthBucket(from, from + width - 1, rows);
    }
}
