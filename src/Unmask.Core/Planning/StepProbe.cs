namespace Unmask.Core.Planning;

/// <summary>The first steps of a run, made and forgotten, for its time and its true peak of memory.</summary>
/// <param name="Steps">Steps that were timed, after one that was not.</param>
/// <param name="SecondsPerStep">Their mean.</param>
/// <param name="TokensPerSecond">Tokens that the model saw.</param>
/// <param name="PeakMemoryBytes">Highest resident memory of the process.</param>
public sealed record StepProbe(int Steps, double SecondsPerStep, double TokensPerSecond, long PeakMemoryBytes);
