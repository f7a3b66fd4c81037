namespace Unmask.Core.Service;

/// <summary>How a process of the engine is kept.</summary>
public sealed record EngineProcessOptions
{
    /// <summary>Time without a request after which the process is ended, with the memory of what it loaded; null for never. The next request starts another.</summary>
    public TimeSpan? IdleTime { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Where relative paths of requests lead; null for this process's own folder.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Environment variables beside those of this process.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
}
