namespace Unmask.Core.Tracking.Wandb;

/// <summary>Records as the protocol buffers of the package wandb_internal.</summary>
/// <param name="runId">The run's id, which each record carries.</param>
internal sealed class WandbProto(string runId)
{
    private long number;

    /// <summary>The first record: who wrote it.</summary>
    /// <param name="version">Version of this program.</param>
    public ReadOnlySpan<byte> Header(string version) => Record(21, new ProtoWriter().Message(1, new ProtoWriter().Text(1, version).Text(2, "0.0.0")));

    /// <summary>The run itself.</summary>
    public ReadOnlySpan<byte> Run(WandbRun run)
    {
        var message = new ProtoWriter().Text(1, run.Id).TextIfAny(2, run.Entity).Text(3, run.Project).Message(4, Items(run.Config)).TextIfAny(6, run.Group).TextIfAny(7, run.JobType).Text(8, run.Name).TextIfAny(9, run.Notes);
        foreach (string tag in run.Tags) message.Text(10, tag);
        return Record(17, message.Text(13, Environment.MachineName).Message(17, Time(run.Started)));
    }

    /// <summary>Which program it was.</summary>
    /// <param name="version">Version of this program.</param>
    public ReadOnlySpan<byte> Telemetry(string version) => Record(11, new ProtoWriter().Text(5, version));

    /// <summary>The record before the last.</summary>
    public ReadOnlySpan<byte> Final() => Record(20, new ProtoWriter());

    /// <summary>The last record.</summary>
    public ReadOnlySpan<byte> Footer() => Record(22, new ProtoWriter());

    /// <summary>Any record in between.</summary>
    public ReadOnlySpan<byte> Of(WandbRecord record) => record switch
    {
        WandbHistory history => Record(2, Items(history.Values).Message(2, new ProtoWriter().Varint(1, history.Step))),
        WandbSummary summary => Record(3, Items(summary.Values)),
        WandbStats stats => Record(7, Stats(stats)),
        WandbOutput output => Record(13, new ProtoWriter().Flag(1, !output.IsError).Message(2, Time(output.Time)).Text(3, output.Text + "\n")),
        WandbFile file => Record(6, new ProtoWriter().Message(1, new ProtoWriter().Text(1, file.Path))),
        WandbExit exit => Record(18, new ProtoWriter().Varint(1, exit.ExitCode).Varint(2, (long)exit.Runtime)),
        _ => throw new ArgumentOutOfRangeException(nameof(record)),
    };

    private ReadOnlySpan<byte> Record(int kind, ProtoWriter message) =>
        new ProtoWriter().Varint(1, ++number).Message(kind, message).Message(200, new ProtoWriter().Text(1, runId)).Written;

    private static ProtoWriter Items(IReadOnlyDictionary<string, string> values)
    {
        var items = new ProtoWriter();
        foreach ((string name, string json) in values) items.Message(1, new ProtoWriter().Text(1, name).Text(16, json));
        return items;
    }

    private static ProtoWriter Stats(WandbStats stats)
    {
        ProtoWriter message = new ProtoWriter().Message(2, Time(stats.Time));
        foreach ((string name, double value) in stats.Values) message.Message(3, new ProtoWriter().Text(1, name).Text(16, WandbJson.Of(value)));
        return message;
    }

    private static ProtoWriter Time(DateTimeOffset time)
    {
        long ticks = (time - DateTimeOffset.UnixEpoch).Ticks;
        return new ProtoWriter().Varint(1, ticks / TimeSpan.TicksPerSecond).Varint(2, ticks % TimeSpan.TicksPerSecond * 100);
    }
}
