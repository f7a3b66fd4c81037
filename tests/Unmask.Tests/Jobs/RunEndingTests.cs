using Unmask.Core.Events;
using Unmask.Core.Jobs.Status;
using Xunit;

namespace Unmask.Tests.Jobs;

public sealed class RunEndingTests
{
    private static readonly RunFinished Done = new(RunOutcome.Done, 9);
    private static readonly RunFinished Stopped = new(RunOutcome.Stopped, 5);
    private static readonly RunFinished Failed = new(RunOutcome.Failed, 3, Reason: FailureReason.NumericDivergence, Message: "Training diverged.");

    private static StopRequest Asked(StopMode mode, bool pause = false) => new(mode, DateTimeOffset.UnixEpoch, pause);

    private static (RunSignal, FailureReason?) Of(int? code, RunFinished? end, StopRequest? asked = null)
    {
        var ending = RunEnding.From(code, end, asked, lastWords: null, checkpoint: 4);
        Assert.True(ending.Fault is null || ending.Fault.Message.EndsWith('.'));
        return (ending.Signal, ending.Fault?.Reason);
    }

    [Fact]
    public void Only_a_clean_exit_and_a_last_event_that_says_so_make_a_success()
    {
        Assert.Equal((RunSignal.Done, null), Of(0, Done));
        Assert.Equal((RunSignal.Done, null), Of(null, Done));
        foreach (var code in (int?[])[1, 2, 70, 134, 137, 143]) Assert.Equal((RunSignal.Failed, FailureReason.Internal), Of(code, Done));
        Assert.Equal((RunSignal.Failed, FailureReason.Internal), Of(0, null));
    }

    [Fact]
    public void What_the_run_told_counts_before_its_exit_code()
    {
        Assert.Equal((RunSignal.Failed, FailureReason.NumericDivergence), Of(2, Failed));
        Assert.Equal((RunSignal.Failed, FailureReason.NumericDivergence), Of(0, Failed));
        Assert.Equal((RunSignal.Stopped, null), Of(143, Stopped));
        Assert.Equal((RunSignal.Paused, null), Of(0, Stopped, Asked(StopMode.AfterStep, pause: true)));
        Assert.Equal((RunSignal.Done, null), Of(0, Done, Asked(StopMode.Now)));
    }

    [Fact]
    public void A_silent_end_is_an_interruption_by_force_and_a_failure_by_its_own_fault()
    {
        Assert.Equal((RunSignal.Vanished, FailureReason.Killed), Of(137, null));
        Assert.Equal((RunSignal.Vanished, FailureReason.Killed), Of(143, null));
        Assert.Equal((RunSignal.Vanished, FailureReason.Killed), Of(null, null));
        Assert.Equal((RunSignal.Stopped, null), Of(137, null, Asked(StopMode.Kill)));
        Assert.Equal((RunSignal.Failed, FailureReason.Internal), Of(134, null));
        Assert.Equal((RunSignal.Failed, FailureReason.DataInvalid), Of(2, null));
        Assert.Equal((RunSignal.Failed, FailureReason.Internal), Of(70, null));
        Assert.Contains("resume the run from step 4", RunEnding.From(137, null, null, null, 4).Fault!.Message);
        Assert.Contains("start over", RunEnding.From(137, null, null, null, null).Fault!.Message);
        Assert.Equal("Why.", RunEnding.From(2, null, null, "Why.", null).Fault!.Message);
    }
}
