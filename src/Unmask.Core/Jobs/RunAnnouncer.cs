using Unmask.Core.Events;
using Unmask.Core.Jobs.Registry;
using Unmask.Core.Jobs.Status;

namespace Unmask.Core.Jobs;

/// <summary>Reports when a run begins or ends, once each.</summary>
public sealed class RunAnnouncer : IAsyncDisposable
{
    private readonly RunScheduler scheduler;
    private readonly Action<string, RunOverview> announce;
    private readonly RunSubscription subscription;
    private readonly Dictionary<string, RunStatus> seen;
    private readonly Task work;

    /// <param name="scheduler">The runs. Those that have ended already are not reported.</param>
    /// <param name="announce">Gets the name of the event (run.started, run.succeeded, run.failed, run.diverged, run.stopped, run.interrupted) and the run.</param>
    public RunAnnouncer(RunScheduler scheduler, Action<string, RunOverview> announce)
    {
        (this.scheduler, this.announce) = (scheduler, announce);
        subscription = scheduler.Subscribe();
        seen = scheduler.List().ToDictionary(run => run.Id, run => run.Status);
        work = Task.Run(Work);
    }

    public async ValueTask DisposeAsync()
    {
        subscription.Dispose();
        await work;
    }

    private async Task Work()
    {
        await foreach (var changes in subscription.ReadAll())
        {
            var runs = changes.Any(change => change.Kind == RunChangeKind.Missed) ? scheduler.List() : [.. changes.Select(change => change.Run).OfType<RunOverview>()];
            foreach (var run in runs.Where(run => !seen.TryGetValue(run.Id, out var before) || before != run.Status))
            {
                seen[run.Id] = run.Status;
                if (NameOf(run) is { } name) Announce(name, run);
            }
        }
    }

    private void Announce(string name, RunOverview run)
    {
        try
        {
            announce(name, run);
        }
        catch (Exception)
        {
            // Who listens says itself what went wrong; the next run is announced in any case.
        }
    }

    private static string? NameOf(RunOverview run) => run switch
    {
        { Status: RunStatus.Running } => "run.started",
        { Status: RunStatus.Succeeded } => "run.succeeded",
        { Status: RunStatus.Failed, Fault.Reason: FailureReason.NumericDivergence } => "run.diverged",
        { Status: RunStatus.Failed } => "run.failed",
        { Status: RunStatus.Stopped } => "run.stopped",
        { Status: RunStatus.Interrupted } => "run.interrupted",
        _ => null,
    };
}
