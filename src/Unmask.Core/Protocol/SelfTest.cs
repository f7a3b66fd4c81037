using Unmask.Core.Parameters;

namespace Unmask.Core.Protocol;

/// <summary>Asks whether a method works here, by doing all of it with a very small model: some seconds.</summary>
/// <param name="Method">The method.</param>
public sealed record SelfTestRequest(TrainingMethod Method) : EngineRequest<SelfTestResult, SelfTestStep>;

/// <summary>How a step of a self-test stands.</summary>
public enum SelfTestState
{
    Running,
    Passed,
    Failed,
}

/// <summary>A step of a self-test. It is sent when it begins and when it ends.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Total">Steps in all.</param>
/// <param name="Title">What is tried.</param>
/// <param name="State">How it stands.</param>
public sealed record SelfTestStep(int Number, int Total, string Title, SelfTestState State)
{
    /// <summary>How long it took; null while it runs.</summary>
    public double? Seconds { get; init; }

    /// <summary>What was found, with numbers; null while it runs.</summary>
    public string? Detail { get; init; }
}

/// <summary>What a self-test found.</summary>
/// <param name="Ready">Whether the method works here.</param>
/// <param name="Sentence">The same in words.</param>
/// <param name="Steps">Its steps, up to the one that failed.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Version">Version of the program that was tried.</param>
public sealed record SelfTestResult(bool Ready, string Sentence, IReadOnlyList<SelfTestStep> Steps, double Seconds, string Version)
{
    /// <summary>What to do about it; null where all is well.</summary>
    public string? WayOut { get; init; }

    /// <summary>The trace, where a bug of ours broke it.</summary>
    public string? Trace { get; init; }
}
