namespace Unmask.Core.Runs;

/// <summary>Another process writes the run. A worker that meets it leaves with a code of its own, since nothing went wrong.</summary>
/// <param name="problem">The sentence for a person.</param>
public sealed class RunIsHeldException(string problem) : UserError(problem);
