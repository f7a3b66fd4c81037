using Unmask.Tests.Fuzz.Targets;

namespace Unmask.Tests.Fuzz;

/// <summary>Every kind of file that is read from outside.</summary>
internal static class FuzzTargets
{
    public static IReadOnlyList<IFuzzTarget> All { get; } = [.. DataFileTarget.All, .. ModelFileTargets.All];
}
