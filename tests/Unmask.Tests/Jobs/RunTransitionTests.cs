using CsCheck;
using Unmask.Core.Jobs.Status;
using Xunit;

namespace Unmask.Tests.Jobs;

public sealed class RunTransitionTests
{
    private static readonly RunStatus[] Statuses = Enum.GetValues<RunStatus>();
    private static readonly RunSignal[] Signals = Enum.GetValues<RunSignal>();

    /// <summary>What people and machines do, in any order, as often as they like.</summary>
    private static readonly Gen<RunSignal[]> Lives = Gen.Int[0, Signals.Length - 1].Select(i => Signals[i]).Array[0, 60];

    [Fact]
    public void However_a_run_lives_it_succeeds_only_by_telling_so_while_a_process_works_on_it() => Lives.Sample(signals =>
    {
        var status = RunStatus.Queued;
        foreach (var signal in signals)
        {
            if (RunTransitions.After(status, signal) is not { } next) continue;
            if (next == RunStatus.Succeeded) Assert.True(signal == RunSignal.Done && RunTransitions.IsLive(status));
            if (next == RunStatus.Preparing) Assert.True(signal is RunSignal.Launched or RunSignal.TakenUp);
            Assert.False(RunTransitions.IsFinal(status));
            status = next;
        }
    });

    [Fact]
    public void What_is_final_stays() => Assert.All(
        Statuses.Where(RunTransitions.IsFinal), status => Assert.All(Signals, signal => Assert.Null(RunTransitions.After(status, signal))));

    [Fact]
    public void A_live_run_can_end_in_every_way_at_any_moment() => Assert.All(
        Statuses.Where(RunTransitions.IsLive),
        status => Assert.All((RunSignal[])[RunSignal.Done, RunSignal.Failed, RunSignal.Stopped, RunSignal.Paused, RunSignal.Vanished], signal => Assert.False(RunTransitions.IsLive(RunTransitions.After(status, signal)!.Value))));

    [Fact]
    public void Every_status_is_reached_and_every_one_that_is_not_final_can_still_succeed()
    {
        // That a folder cannot be read is no event of its run.
        Assert.Equal(Statuses.Except([RunStatus.Unreadable]), Reached(RunStatus.Queued));
        Assert.All(Statuses.Where(status => !RunTransitions.IsFinal(status)), status => Assert.Contains(RunStatus.Succeeded, Reached(status)));
    }

    [Fact]
    public void Only_a_waiting_run_is_launched_so_that_no_run_gets_two_workers() =>
        Assert.Equal([RunStatus.Queued], Statuses.Where(status => RunTransitions.Allows(status, RunSignal.Launched)));

    private static IEnumerable<RunStatus> Reached(RunStatus from)
    {
        HashSet<RunStatus> reached = [from];
        while (reached.SelectMany(status => Signals.Select(signal => RunTransitions.After(status, signal))).OfType<RunStatus>().Where(reached.Add).Any())
        {
        }

        return reached.Order();
    }
}
