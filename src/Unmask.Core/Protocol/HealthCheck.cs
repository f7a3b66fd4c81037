namespace Unmask.Core.Protocol;

/// <summary>How good something is.</summary>
public enum HealthState
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>Works, but slower or tighter than it could.</summary>
    Warn,

    /// <summary>Broken: training will not work until it is mended.</summary>
    Fail,
}

/// <summary>One thing that was looked at.</summary>
/// <param name="Name">What was looked at, a word or two.</param>
/// <param name="State">How it is.</param>
/// <param name="Value">What was found, for a person.</param>
public sealed record HealthCheck(string Name, HealthState State, string Value)
{
    /// <summary>One sentence: what is wrong and what to do. Null when all is well.</summary>
    public string? Problem { get; init; }

    /// <summary>The same facts by name, for programs.</summary>
    public IReadOnlyDictionary<string, object?> Facts { get; init; } = new Dictionary<string, object?>();

    /// <summary>A finding that is <see cref="HealthState.Ok"/> or, with <paramref name="problem"/>, a warning.</summary>
    public static HealthCheck OkOrWarn(string name, string value, string? problem) =>
        new(name, problem is null ? HealthState.Ok : HealthState.Warn, value) { Problem = problem };
}
