using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Unmask.Engine.Collectives;

/// <summary>How the processes of a run find each other.</summary>
public sealed partial class RankWatch
{
    private static readonly TimeSpan joinTime = TimeSpan.FromSeconds(60);

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
                var coming = listener.AcceptTcpClientAsync();
                if (left <= TimeSpan.Zero || !coming.Wait(left))
                {
                    var missing = Enumerable.Range(1, size - 1).Where(other => !watch.peers.ContainsKey(other));
                    throw new UserError($"Rank {string.Join(", ", missing)} did not come within {joinTime.TotalSeconds:0} seconds; look at its own output, and at firewalls between the machines.");
                }

                watch.Admit(coming.Result, meeting.Secret, shared);
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

    internal static string NameOf(int rank, string? host, int process) => $"rank {rank} ({host}, process {process})";

    private void Admit(TcpClient client, string secret, byte[] shared)
    {
        try
        {
            client.NoDelay = true;
            client.ReceiveTimeout = (int)patience.TotalMilliseconds;
            var from = new StreamReader(client.GetStream(), new UTF8Encoding(false));
            if (RankPeer.Read(from) is not { Kind: "hello" } hello || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(hello.Secret ?? ""), Encoding.UTF8.GetBytes(secret)) || hello.Rank < 1 || hello.Rank >= size)
            {
                client.Dispose();
                return;
            }

            client.ReceiveTimeout = 0;
            var peer = new RankPeer(hello.Rank, NameOf(hello.Rank, hello.Host, hello.Process), client, from);
            peers[hello.Rank] = peer;
            peer.Send(new RankMessage("welcome") { Host = Environment.MachineName, Process = Environment.ProcessId, Shared = shared });
        }
        catch (Exception stranger) when (stranger is IOException or JsonException or ObjectDisposedException)
        {
            client.Dispose();
        }
    }

    private static (RankPeer Peer, byte[] Shared)? Greet(string address, Meeting meeting, int rank)
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
            to.WriteLine(JsonSerializer.Serialize(new RankMessage("hello") { Rank = rank, Secret = meeting.Secret, Host = Environment.MachineName, Process = Environment.ProcessId }));
            var from = new StreamReader(client.GetStream(), new UTF8Encoding(false));
            if (RankPeer.Read(from) is { Kind: "welcome" } welcome) return (new RankPeer(0, NameOf(0, welcome.Host, welcome.Process), client, from), welcome.Shared ?? []);
        }
        catch (Exception away) when (away is AggregateException or SocketException or IOException or JsonException)
        {
            // Not this address, or not yet.
        }

        client.Dispose();
        return null;
    }
}
