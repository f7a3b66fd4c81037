using Unmask.Core.Events;

namespace Unmask.Web.Components;

/// <summary>One process of a run as its page shows it.</summary>
/// <param name="Rank">Its number, from 0.</param>
/// <param name="Speed">Tokens a second while it computes.</param>
/// <param name="WaitingShare">Share of the time that it waits, 0..1.</param>
/// <param name="Waiting">The same in words.</param>
/// <param name="Memory">Memory it holds.</param>
/// <param name="Remark">What is wrong with it; null for nothing.</param>
public sealed record RankRow(int Rank, string Speed, double WaitingShare, string Waiting, string Memory, string? Remark);

/// <summary>The processes of a run as its page shows them.</summary>
/// <param name="Rows">One for each.</param>
/// <param name="Efficiency">How much of their speed reaches the run, in words.</param>
public sealed record RankView(IReadOnlyList<RankRow> Rows, string Efficiency)
{
    /// <summary>A process is slow that computes at less than this part of the median speed.</summary>
    private const double Slow = 0.85;

    /// <summary>The others wait for a process whose waiting share is so much below the median, where none is slow.</summary>
    private const double Busy = 0.1;

    /// <summary>The view of what processes did; null where there are not several.</summary>
    public static RankView? Of(IReadOnlyList<RankMeasure>? ranks)
    {
        if (ranks is not { Count: > 1 }) return null;
        var held = HoldsUp(ranks);
        return new RankView(
            [.. ranks.Select(rank => new RankRow(rank.Rank, Format.Count((long)rank.TokensPerSecond), rank.WaitingShare, Format.Percent(rank.WaitingShare), Format.Bytes(rank.MemoryBytes), rank.Rank == held?.Rank ? held?.Remark : null))],
            Format.Percent(EfficiencyOf(ranks)));
    }

    /// <summary>The part of the processes' speed that reaches the run, 0..1: the rest is lost with waiting, sending and receiving.</summary>
    public static double? EfficiencyOf(IReadOnlyList<RankMeasure> ranks) => ranks.Sum(rank => rank.TokensPerSecond) is > 0 and var all
        ? ranks.Sum(rank => rank.TokensPerSecond * (1 - rank.WaitingShare)) / all
        : null;

    /// <summary>The one that the others wait for: the slowest where it is much slower than most, else the one that waits much less than most.</summary>
    private static (int Rank, string Remark)? HoldsUp(IReadOnlyList<RankMeasure> ranks)
    {
        var (slowest, usual) = (ranks.MinBy(rank => rank.TokensPerSecond)!, Median(ranks.Select(rank => rank.TokensPerSecond)));
        if (slowest.TokensPerSecond < Slow * usual) return (slowest.Rank, $"straggler: {Format.Percent(1 - (slowest.TokensPerSecond / usual))} slower than the median");
        var (busiest, waits) = (ranks.MinBy(rank => rank.WaitingShare)!, Median(ranks.Select(rank => rank.WaitingShare)));
        return waits - busiest.WaitingShare > Busy ? (busiest.Rank, "straggler: the other ranks wait for this one") : null;
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
