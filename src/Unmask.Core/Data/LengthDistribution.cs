namespace Unmask.Core.Data;

/// <summary>How long things are: how many have a length from one bin's start to its end, and what follows from that.</summary>
/// <param name="Bins">Ascending, without gaps that hold anything. Up to 4096 each length has a bin of its own, so that shares are exact there; longer ones share bins of a 64th of their length.</param>
/// <param name="Count">How many things.</param>
/// <param name="Mean">Their mean length.</param>
/// <param name="Longest">The longest.</param>
public sealed record LengthDistribution(IReadOnlyList<LengthBucket> Bins, long Count, double Mean, long Longest)
{
    /// <summary>Length that a share of the things does not exceed: 0.5 gives the median.</summary>
    public int Quantile(double share)
    {
        var before = 0L;
        foreach (var bin in Bins)
        {
            before += bin.Rows;
            if (before >= share * Count) return bin.To;
        }

        return 0;
    }

    /// <summary>Share of the things that are longer than <paramref name="limit"/>; 0 where there are none.</summary>
    public double ShareAbove(int limit) => Count == 0 ? 0 : (double)Bins.Where(bin => bin.From > limit).Sum(bin => bin.Rows) / Count;
}
