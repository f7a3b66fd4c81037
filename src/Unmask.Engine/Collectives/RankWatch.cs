using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Unmask.Core.Events;

namespace Unmask.Engine.Collectives;

/// <summary>Why a run of several processes cannot go on.</summary>
/// <param name="Rank">Whose fault it is.</param>
/// <param name="Reason">What kind of fault.</param>
/// <param name="Message">A sentence that names the rank.</param>
public sealed record RankTrouble(int Rank, FailureReason Reason, string Message);

/// <summary>
/// Connections between the processes of a run beside the collectives, which block for ever when one of them is gone. Every process has one to rank 0 and both ends say twice a
/// second that they live, so that one that died or hangs is known by name in seconds. Who fails says so here before it ends.
/// </summary>
public sealed partial class RankWatch : IDisposable
{
    private static readonly TimeSpan beat = TimeSpan.FromMilliseconds(500);

    /// <summary>So long may a process say nothing. Its threads may get little of a busy processor, but not nothing for so long.</summary>
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<int, RankPeer> peers = new();
    private readonly CancellationTokenSource over = new();
    private readonly ManualResetEventSlim released = new();
    private readonly Lock gate = new();
    private readonly int rank;
    private readonly int size;
    private Action<RankTrouble>? trouble;
    private RankTrouble? first;
    private bool leaving;
    private volatile bool firstLeft;
    private long lastBeat = Stopwatch.GetTimestamp();
    private long lastSleep = long.MinValue;

    private RankWatch(int rank, int size) => (this.rank, this.size) = (rank, size);

    /// <summary>Calls back, once, from a thread of its own, when the run cannot go on. What was known before is told at once.</summary>
    public void OnTrouble(Action<RankTrouble> callback)
    {
        RankTrouble? known;
        lock (gate) (trouble, known) = (callback, first);
        if (known is not null) callback(known);
    }

    /// <summary>Tells the others that this process fails.</summary>
    public void Fail(FailureReason reason, string message)
    {
        lock (gate) leaving = true;
        foreach (var peer in peers.Values) peer.Send(new RankMessage("failed") { Rank = rank, Reason = reason, Text = message });
    }

    /// <summary>Rank 0 lets the others go on; they wait for it, asleep, however long it works alone.</summary>
    public void Release()
    {
        foreach (var peer in peers.Values) peer.Send(new RankMessage("release"));
    }

    /// <summary>Waits until rank 0 calls <see cref="Release"/>.</summary>
    /// <exception cref="OperationCanceledException">It has left without.</exception>
    public void AwaitRelease()
    {
        released.Wait(over.Token);
        released.Reset();
        if (firstLeft) throw new OperationCanceledException("Rank 0 has ended the run.");
    }

    /// <summary>Leaves; the others are told that it is meant.</summary>
    public void Dispose()
    {
        lock (gate) leaving = true;
        foreach (var peer in peers.Values) peer.Send(new RankMessage("bye") { Rank = rank });
        over.Cancel();
        foreach (var peer in peers.Values) peer.Close();
    }

    private void Start()
    {
        foreach (var peer in peers.Values) new Thread(() => Listen(peer)) { IsBackground = true, Name = "rank listener" }.Start();
        new Thread(Beat) { IsBackground = true, Name = "rank beat", Priority = ThreadPriority.AboveNormal }.Start();
    }

    private void Listen(RankPeer peer)
    {
        try
        {
            while (peer.Read() is { } message)
            {
                peer.LastHeard = Stopwatch.GetTimestamp();
                switch (message.Kind)
                {
                    case "failed":
                        peer.Gone = true;
                        Report(new RankTrouble(message.Rank, message.Reason, message.Text ?? $"{peer.Name} failed."));
                        return;
                    case "bye":
                        peer.Gone = true;
                        firstLeft = peer.Rank == 0;
                        if (firstLeft) released.Set();
                        return;
                    case "release":
                        released.Set();
                        break;
                }
            }
        }
        catch (Exception lost) when (lost is IOException or ObjectDisposedException or JsonException)
        {
            // As with the end of the connection.
        }

        if (over.IsCancellationRequested) return;
        Report(JustSlept()
            ? new RankTrouble(rank, FailureReason.Timeout, $"{Sentence(NameOf(rank, Environment.MachineName, Environment.ProcessId))} was stopped, or its machine slept, and the others have ended without it.")
            : new RankTrouble(peer.Rank, FailureReason.Killed, $"{Sentence(peer.Name)} disappeared without a report, as when it is killed by a user, or by the system when memory ran out."));
    }

    private void Beat()
    {
        while (!over.Token.WaitHandle.WaitOne(beat))
        {
            var slept = Stopwatch.GetElapsedTime(Volatile.Read(ref lastBeat)) > patience / 2;
            var last = Stopwatch.GetTimestamp();
            if (slept) Volatile.Write(ref lastSleep, last);
            Volatile.Write(ref lastBeat, last);
            foreach (var peer in peers.Values)
            {
                if (peer.Gone) continue;
                peer.Send(new RankMessage("beat"));
                if (slept) peer.LastHeard = last;
                if (Stopwatch.GetElapsedTime(peer.LastHeard) < patience) continue;
                peer.Gone = true;
                Report(new RankTrouble(peer.Rank, FailureReason.Timeout, $"{Sentence(peer.Name)} has said nothing for {patience.TotalSeconds:0} seconds: it hangs, is stopped, or its machine or network is down."));
            }
        }
    }

    /// <summary>Whether this process was itself stopped, or its machine slept: it does not blame the others then.</summary>
    private bool JustSlept()
    {
        var woke = Volatile.Read(ref lastSleep);
        return Stopwatch.GetElapsedTime(Volatile.Read(ref lastBeat)) > patience / 2 || (woke != long.MinValue && Stopwatch.GetElapsedTime(woke) < patience / 2);
    }

    private static string Sentence(string name) => string.Concat("R", name.AsSpan(1));

    private void Report(RankTrouble found)
    {
        Action<RankTrouble>? callback;
        lock (gate)
        {
            if (leaving || first is not null) return;
            first = found;
            callback = trouble;
        }

        // Those that cannot see each other learn it from rank 0.
        if (rank == 0)
        {
            foreach (var peer in peers.Values.Where(peer => peer.Rank != found.Rank)) peer.Send(new RankMessage("failed") { Rank = found.Rank, Reason = found.Reason, Text = found.Message });
        }

        callback?.Invoke(found);
    }
}
