using Unmask.Core.Hub.Http;

namespace Unmask.Web.Hub;

/// <summary>How a transfer stands.</summary>
public enum HubJobState
{
    Running,
    Done,
    Failed,
    Cancelled,
}

/// <summary>Which way something goes.</summary>
public enum HubWay
{
    Download,
    Push,
}

/// <summary>A download from the Hub or a push to it.</summary>
/// <param name="Id">For addresses.</param>
/// <param name="Kind">Model or dataset.</param>
/// <param name="Way">Download or push.</param>
/// <param name="Name">owner/name, with @revision where it is not the main one.</param>
/// <param name="State">How it stands.</param>
public sealed record HubJob(string Id, HubKind Kind, HubWay Way, string Name, HubJobState State)
{
    /// <summary>The configuration and split of a dataset; null for all.</summary>
    public string? Part { get; init; }

    /// <summary>How far it is; null before the first byte.</summary>
    public HubProgress? Progress { get; init; }

    /// <summary>Seconds that are left at the present rate.</summary>
    public double? SecondsLeft => Progress?.Left?.TotalSeconds;

    /// <summary>Why it failed, or what the person should know.</summary>
    public string? Sentence { get; init; }

    /// <summary>The page of what came; null while it is not there.</summary>
    public string? Href { get; init; }
}
