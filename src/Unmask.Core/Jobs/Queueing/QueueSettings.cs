using System.Text.Json;
using Unmask.Core.Events;

namespace Unmask.Core.Jobs.Queueing;

/// <summary>What the queue as a whole is set to; kept in <c>queue.json</c> of the home folder.</summary>
public sealed record QueueSettings
{
    /// <summary>The most runs that may train on the CPU at once.</summary>
    public const int MostCpuSlots = 64;

    /// <summary>No waiting run is started; those that live go on.</summary>
    public bool Paused { get; init; }

    /// <summary>How many runs may train on the CPU at once. Each GPU takes one.</summary>
    public int CpuSlots { get; init; } = 1;

    internal static QueueSettings Read(string path)
    {
        try
        {
            QueueSettings read = JsonRecord.Find<QueueSettings>(path) ?? new();
            return read.CpuSlots is >= 1 and <= MostCpuSlots ? read : read with { CpuSlots = 1 };
        }
        catch (UserError)
        {
            // Lost settings start no run by surprise.
            return new() { Paused = true };
        }
    }

    internal byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, EventFormat.Options);
}
