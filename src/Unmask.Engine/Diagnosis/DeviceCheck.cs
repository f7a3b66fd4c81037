namespace Unmask.Engine.Diagnosis;

/// <summary>How a check of a device ended.</summary>
public enum DeviceCheckState
{
    Passed,
    Failed,

    /// <summary>The device, or the machine, does not have what it needs.</summary>
    Skipped,
}

/// <summary>One thing that a device must compute as the original programs did.</summary>
/// <param name="Name">What, in a few words.</param>
/// <param name="Allowed">The largest difference that passes.</param>
/// <param name="Unit">What the difference is: <c>relative</c>, <c>absolute</c>, or what is counted.</param>
/// <param name="Measure">Computes it and gives the difference.</param>
public sealed record DeviceCheck(string Name, double Allowed, string Unit, Func<double> Measure)
{
    /// <summary>Why it cannot be tried here; null where it can.</summary>
    public string? Missing { get; init; }
}

/// <summary>What came out of a check.</summary>
/// <param name="Name">The check.</param>
/// <param name="State">How it ended.</param>
/// <param name="Difference">What was measured; null where nothing was.</param>
/// <param name="Allowed">The largest difference that passes.</param>
/// <param name="Unit">Of both.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Problem">What is wrong, or missing; null for a check that passed.</param>
public sealed record DeviceCheckResult(string Name, DeviceCheckState State, double? Difference, double? Allowed, string Unit, double Seconds, string? Problem);
