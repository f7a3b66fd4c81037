using System.Text.Json.Serialization;

namespace Unmask.Core.Events;

/// <summary>
/// Something a run reports: one JSON object a line in <c>events.jsonl</c>, e.g.
/// <c>{"v":1,"time":"2026-01-31T12:00:00.0000000+00:00","event":"step_logged","step":10,...}</c>.
/// Names are snake_case; a missing value is left out; a number that is not finite is written as the text "NaN", "Infinity" or "-Infinity".
/// Readers ignore fields they do not know, so fields may be added; a change that would mislead an old reader raises <see cref="CurrentVersion"/>.
/// </summary>
public abstract record RunEvent
{
    /// <summary>The version of the event shapes that this program writes.</summary>
    public const int CurrentVersion = 1;

    [JsonPropertyName("v"), JsonPropertyOrder(-3)]
    public int Version { get; init; } = CurrentVersion;

    /// <summary>When it happened (UTC).</summary>
    [JsonPropertyOrder(-2)]
    public DateTimeOffset Time { get; init; } = DateTimeOffset.UtcNow;

    /// <summary>Which kind of event it is, as written in the file.</summary>
    [JsonPropertyOrder(-1)]
    public string Event => Kind;

    /// <summary>The word for <see cref="Event"/>. Not public, so that it is written once.</summary>
    protected abstract string Kind { get; }
}

/// <summary>An event of a kind that this version does not know, kept whole: files of newer versions can be read.</summary>
public sealed record UnknownEvent(string UnknownKind, System.Text.Json.JsonElement Body) : RunEvent
{
    protected override string Kind => UnknownKind;
}
