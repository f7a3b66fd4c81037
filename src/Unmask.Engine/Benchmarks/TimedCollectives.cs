using System.Diagnostics;
using Unmask.Engine.Collectives;

using static TorchSharp.torch;

namespace Unmask.Engine.Benchmarks;

/// <summary>Collectives that count where the time goes. Processes meet in a gathering before they sum, so what a gathering takes is waiting for the slowest.</summary>
internal sealed class TimedCollectives(ICollectives inner) : ICollectives
{
    public int Rank => inner.Rank;

    public int Size => inner.Size;

    public string Name => inner.Name;

    /// <summary>Seconds in gatherings and barriers.</summary>
    public double Waiting { get; private set; }

    /// <summary>Seconds in sums and broadcasts.</summary>
    public double Summing { get; private set; }

    /// <summary>Counts from 0 again.</summary>
    public void Forget() => (Waiting, Summing) = (0, 0);

    public void Sum(Tensor values, int? root = null) => Summing += Seconds(() => inner.Sum(values, root));

    public void Broadcast(Tensor values, int root) => Summing += Seconds(() => inner.Broadcast(values, root));

    public byte[][] Gather(byte[] part)
    {
        byte[][] all = [];
        Waiting += Seconds(() => all = inner.Gather(part));
        return all;
    }

    public void Barrier() => Waiting += Seconds(inner.Barrier);

    public void Dispose() => inner.Dispose();

    private static double Seconds(Action work)
    {
        var started = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
