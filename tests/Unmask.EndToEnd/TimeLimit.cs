using System.Collections.Concurrent;
using System.Reflection;
using Unmask.EndToEnd;
using Unmask.Testing;
using Xunit.v3;

[assembly: TimeLimit]

namespace Unmask.EndToEnd;

/// <summary>A test that never ends would keep all results to itself: after some minutes the tests end, and the last words name it.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class TimeLimitAttribute : BeforeAfterTestAttribute
{
    /// <summary>Longer where more kills are asked for than usual.</summary>
    private static readonly TimeSpan limit = TimeSpan.FromMinutes(12) + TimeSpan.FromSeconds(10) * Scale.Of("UNMASK_KILLS", 0);

    private static readonly ConcurrentDictionary<string, Timer> running = new();

    public override void Before(MethodInfo methodUnderTest, IXunitTest test) =>
        running[test.UniqueID] = new Timer(_ => Environment.FailFast($"{test.TestDisplayName} has been running for {limit.TotalMinutes} minutes."), null, limit, Timeout.InfiniteTimeSpan);

    public override void After(MethodInfo methodUnderTest, IXunitTest test)
    {
        if (running.TryRemove(test.UniqueID, out var timer)) timer.Dispose();
    }
}
