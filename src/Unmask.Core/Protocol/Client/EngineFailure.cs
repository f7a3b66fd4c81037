namespace Unmask.Core.Protocol.Client;

/// <summary>What went wrong with the engine itself, where it is nothing that the asking person did.</summary>
public enum EngineFailureKind
{
    /// <summary>Its process cannot be started.</summary>
    CannotStart,

    /// <summary>Its process ended while it worked. The next request starts another.</summary>
    Died,

    /// <summary>A bug; it goes on running.</summary>
    Bug,
}

/// <summary>The engine gave no answer. What the person can mend is a <see cref="UserError"/> instead.</summary>
/// <param name="kind">What went wrong.</param>
/// <param name="sentence">The same for a person.</param>
/// <param name="trace">Evidence for a report: a trace, or the last lines of standard error; null for none.</param>
public sealed class EngineFailure(EngineFailureKind kind, string sentence, string? trace = null) : Exception(sentence)
{
    public EngineFailureKind Kind { get; } = kind;

    /// <summary>Evidence for a report: a trace, or the last lines of standard error; null for none.</summary>
    public string? Trace { get; } = trace;
}
