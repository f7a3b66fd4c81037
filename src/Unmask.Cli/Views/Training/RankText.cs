using Unmask.Core.Events;

namespace Unmask.Cli.Views.Training;

/// <summary>What a process of a run did: its throughput while it computed, how long it waited, its memory.</summary>
internal static class RankText
{
    public static string Of(RankMeasure rank) => $"rank {rank.Rank}: {Format.Count(rank.TokensPerSecond)} tok/s, waits {Format.Percent(rank.WaitingShare)}, {Format.Bytes(rank.MemoryBytes)}";
}
