namespace Unmask.Core.Protocol.Client;

/// <summary>How a process of the engine is kept.</summary>
public sealed record EngineProcessOptions
{
    /// <summary>Time without a request after which the process is ended, with the memory of what it loaded; null for never. The next request starts another.</summary>
    public TimeSpan? IdleTime { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Time in which cancelled work must end; a process that goes on for longer is ended, and what else waits is asked of a new one. Null to wait for ever.</summary>
    public TimeSpan? CancelTime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Most memory that its data may take, in bytes (tensors do not count); null for no limit.</summary>
    public long? DataMemory { get; init; }

    /// <summary>Where relative paths of requests lead; null for this process's own folder.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Environment variables beside those of this process.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
}
