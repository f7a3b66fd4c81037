using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

using Unmask.Core;
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
public sealed class RankWatch : IDisposable
{
    private static readonly TimeSpan beat = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan joinTime = TimeSpan.FromSeconds(60);

    /// <summary>So long may a process say nothing. Its threads may get little of a busy processor, but not nothing for so long.</summary>
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<int, Peer> peers = new();
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

    /// <summary>What goes over a connection, a line of JSON each.</summary>
    private sealed record Message(string Kind)
    {
        public int Rank { get; init; }

        public string? Secret { get; init; }

        public string? Host { get; init; }

        public int Process { get; init; }

        public FailureReason Reason { get; init; }

        public string? Text { get; init; }

        public byte[]? Shared { get; init; }
    }

    private sealed class Peer(int rank, string name, TcpClient client, StreamReader from)
    {
        private readonly StreamWriter to = new(client.GetStream(), new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" };

        public int Rank => rank;

        /// <summary>For a person: <c>rank 1 (host, process 4711)</c>.</summary>
        public string Name => name;

        public long LastHeard { get; set; } = Stopwatch.GetTimestamp();

        public bool Gone { get; set; }

        public StreamReader From => from;

        public void Send(Message message)
        {
            try
            {
                lock (to) to.WriteLine(JsonSerializer.Serialize(message));
            }
            catch (Exception lost) when (lost is IOException or ObjectDisposedException)
            {
                // The reader notices too, and knows better what it means.
            }
        }

        public void Close() => client.Dispose();
    }

    /// <summary>Where rank 0 listens, and the word that lets others in.</summary>
    /// <param name="Addresses">Addresses to try, one after the other.</param>
    /// <param name="Port">The port.</param>
    /// <param name="Secret">Known to the processes of this run only.</param>
    public sealed record Meeting(string[] Addresses, int Port, string Secret);

    /// <summary>Opens the meeting of rank 0, on a port that is free unless one is given.</summary>
    public static (TcpListener Listener, Meeting Meeting) Open(int port = 0, string? secret = null)
    {
        var listener = new TcpListener(IPAddress.IPv6Any, port);
        listener.Server.DualMode = true;
        try
        {
            listener.Start();
        }
        catch (SocketException taken)
        {
            throw new UserError($"Rank 0 cannot listen on port {port} (MASTER_PORT): {taken.Message}; set MASTER_PORT to a port that is free on its machine.");
        }

        string[] addresses =
        [
            .. NetworkInterface.GetAllNetworkInterfaces()
                .Where(face => face.OperationalStatus == OperationalStatus.Up)
                .SelectMany(face => face.GetIPProperties().UnicastAddresses)
                .Select(address => address.Address)
                .Where(address => !address.IsIPv6LinkLocal)
                .OrderBy(address => IPAddress.IsLoopback(address) ? 0 : address.AddressFamily == AddressFamily.InterNetwork ? 1 : 2)
                .Select(address => address.ToString()),
        ];
        return (listener, new Meeting(addresses, ((IPEndPoint)listener.LocalEndpoint).Port, secret ?? Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))));
    }

    /// <summary>Waits at the meeting until all others have come.</summary>
    /// <param name="shared">What every other process gets from this one.</param>
    public static RankWatch Host(TcpListener listener, Meeting meeting, int size, byte[] shared)
    {
        var watch = new RankWatch(0, size);
        using (listener)
        {
            var clock = Stopwatch.StartNew();
            while (watch.peers.Count < size - 1)
            {
                var left = joinTime - clock.Elapsed;
                if (left <= TimeSpan.Zero || !listener.AcceptTcpClientAsync().WaitOrGiveUp(left, out var client))
                {
                    var missing = Enumerable.Range(1, size - 1).Where(other => !watch.peers.ContainsKey(other));
                    throw new UserError($"Rank {string.Join(", ", missing)} did not come within {joinTime.TotalSeconds:0} seconds; look at its own output, and at firewalls between the machines.");
                }

                watch.Admit(client!, meeting.Secret, shared);
            }
        }

        watch.Start();
        return watch;
    }

    /// <summary>Joins the meeting of rank 0.</summary>
    /// <returns>The watch, and what rank 0 shared.</returns>
    public static (RankWatch Watch, byte[] Shared) Join(Meeting meeting, int rank, int size)
    {
        var watch = new RankWatch(rank, size);
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < joinTime)
        {
            foreach (var address in meeting.Addresses)
            {
                if (Greet(address, meeting, rank) is not { } met) continue;
                watch.peers[0] = met.Peer;
                watch.Start();
                return (watch, met.Shared);
            }

            Thread.Sleep(200);
        }

        throw new UserError($"Rank {rank} cannot reach rank 0 at {string.Join(" or ", meeting.Addresses)}, port {meeting.Port}; look at firewalls between the machines, or set MASTER_ADDR to the address of rank 0's machine.");
    }

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
        foreach (var peer in peers.Values) peer.Send(new Message("failed") { Rank = rank, Reason = reason, Text = message });
    }

    /// <summary>Rank 0 lets the others go on; they wait for it, asleep, however long it works alone.</summary>
    public void Release()
    {
        foreach (var peer in peers.Values) peer.Send(new Message("release"));
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
        foreach (var peer in peers.Values) peer.Send(new Message("bye") { Rank = rank });
        over.Cancel();
        foreach (var peer in peers.Values) peer.Close();
    }

    private static string NameOf(int rank, string? host, int process) => $"rank {rank} ({host}, process {process})";

    private void Admit(TcpClient client, string secret, byte[] shared)
    {
        try
        {
            client.NoDelay = true;
            client.ReceiveTimeout = (int)patience.TotalMilliseconds;
            var from = new StreamReader(client.GetStream(), new UTF8Encoding(false));
            if (Read(from) is not { Kind: "hello" } hello || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(hello.Secret ?? ""), Encoding.UTF8.GetBytes(secret)) || hello.Rank < 1 || hello.Rank >= size)
            {
                client.Dispose();
                return;
            }

            client.ReceiveTimeout = 0;
            var peer = new Peer(hello.Rank, NameOf(hello.Rank, hello.Host, hello.Process), client, from);
            peers[hello.Rank] = peer;
            peer.Send(new Message("welcome") { Host = Environment.MachineName, Process = Environment.ProcessId, Shared = shared });
        }
        catch (Exception stranger) when (stranger is IOException or JsonException or ObjectDisposedException)
        {
            client.Dispose();
        }
    }

    private static (Peer Peer, byte[] Shared)? Greet(string address, Meeting meeting, int rank)
    {
        var client = new TcpClient(AddressFamily.InterNetworkV6) { NoDelay = true };
        client.Client.DualMode = true;
        try
        {
            if (!client.ConnectAsync(address, meeting.Port).Wait(TimeSpan.FromSeconds(3)))
            {
                client.Dispose();
                return null;
            }

            var to = new StreamWriter(client.GetStream(), new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" };
            to.WriteLine(JsonSerializer.Serialize(new Message("hello") { Rank = rank, Secret = meeting.Secret, Host = Environment.MachineName, Process = Environment.ProcessId }));
            var from = new StreamReader(client.GetStream(), new UTF8Encoding(false));
            if (Read(from) is { Kind: "welcome" } welcome) return (new Peer(0, NameOf(0, welcome.Host, welcome.Process), client, from), welcome.Shared ?? []);
        }
        catch (Exception away) when (away is AggregateException or SocketException or IOException or JsonException)
        {
            // Not this address, or not yet.
        }

        client.Dispose();
        return null;
    }

    private static Message? Read(StreamReader from) => from.ReadLine() is { } line ? JsonSerializer.Deserialize<Message>(line) : null;

    private void Start()
    {
        foreach (var peer in peers.Values) new Thread(() => Listen(peer)) { IsBackground = true, Name = "rank listener" }.Start();
        new Thread(Beat) { IsBackground = true, Name = "rank beat", Priority = ThreadPriority.AboveNormal }.Start();
    }

    private void Listen(Peer peer)
    {
        try
        {
            while (Read(peer.From) is { } message)
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
            : new RankTrouble(peer.Rank, FailureReason.Killed, $"{Sentence(peer.Name)} is gone and told nothing, as when it is killed, or the system ends it because memory ran out."));
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
                peer.Send(new Message("beat"));
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
            foreach (var peer in peers.Values.Where(peer => peer.Rank != found.Rank)) peer.Send(new Message("failed") { Rank = found.Rank, Reason = found.Reason, Text = found.Message });
        }

        callback?.Invoke(found);
    }
}

internal static class Waiting
{
    /// <summary>Waits for a task a while.</summary>
    public static bool WaitOrGiveUp<T>(this Task<T> task, TimeSpan most, out T? result)
    {
        var came = task.Wait(most);
        result = came ? task.Result : default;
        return came;
    }
}
