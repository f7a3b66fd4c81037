using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Unmask.Core.Events;

namespace Unmask.Engine.Collectives;

/// <summary>What goes over a connection, a line of JSON each.</summary>
internal sealed record RankMessage(string Kind)
{
    public int Rank { get; init; }

    public string? Secret { get; init; }

    public string? Host { get; init; }

    public int Process { get; init; }

    public FailureReason Reason { get; init; }

    public string? Text { get; init; }

    public byte[]? Shared { get; init; }
}

/// <summary>The other end of a connection between two processes of a run.</summary>
internal sealed class RankPeer(int rank, string name, TcpClient client, StreamReader from)
{
    private readonly StreamWriter to = new(client.GetStream(), new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" };

    public int Rank => rank;

    /// <summary>For a person: <c>rank 1 (host, process 4711)</c>.</summary>
    public string Name => name;

    public long LastHeard { get; set; } = Stopwatch.GetTimestamp();

    public bool Gone { get; set; }

    public void Send(RankMessage message)
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

    /// <summary>The next message; null at the end.</summary>
    public RankMessage? Read() => Read(from);

    /// <summary>The next message; null at the end.</summary>
    public static RankMessage? Read(StreamReader from) => from.ReadLine() is { } line ? JsonSerializer.Deserialize<RankMessage>(line) : null;
}
