using Unmask.Core.Events;

namespace Unmask.Core.Jobs.Status;

/// <summary>What became of a run whose process is gone: its exit code and its last event together tell.</summary>
/// <param name="Signal">How its status changes.</param>
/// <param name="Fault">Why it did not reach its end; null when it did, or the person asked.</param>
internal sealed record RunEnding(RunSignal Signal, RunFault? Fault = null)
{
    /// <summary>Judges the end of a run.</summary>
    /// <param name="exitCode">What the process said to the system; null when nobody saw it.</param>
    /// <param name="finished">The last event if that is a <see cref="RunFinished"/> of this process; null when it told nothing.</param>
    /// <param name="asked">What it was asked to do.</param>
    /// <param name="lastWords">The last error line of its log; null when there is none.</param>
    /// <param name="checkpoint">Step of its last checkpoint, from which it can go on.</param>
    public static RunEnding From(int? exitCode, RunFinished? finished, StopRequest? asked, string? lastWords, long? checkpoint)
    {
        switch (finished?.Outcome)
        {
            case RunOutcome.Done when exitCode is null or 0:
                return new(RunSignal.Done);
            case RunOutcome.Done:
                return new(RunSignal.Failed, new(FailureReason.Internal, Sentence($"The run reported success, but its process ended with exit code {exitCode}. Check the model before you use it")));
            case RunOutcome.Failed:
                return new(RunSignal.Failed, new(finished.Reason ?? FailureReason.Internal, finished.Message ?? lastWords ?? "The run failed without a reported cause. Check the log."));
            case RunOutcome.Stopped:
                return new(asked?.Pause == true ? RunSignal.Paused : RunSignal.Stopped);
        }

        if (asked?.Mode == StopMode.Kill) return new(asked.Pause ? RunSignal.Paused : RunSignal.Stopped);
        string way = checkpoint is { } step ? $"resume the run from step {step.ToString(CultureInfo.InvariantCulture)}" : "the run has no checkpoint and would start over";
        return exitCode switch
        {
            null or < 0 => new(RunSignal.Vanished, new(FailureReason.Killed, Sentence($"The process of the run disappeared without a report, as when it is killed or the machine shuts down; {way}"))),
            128 + 9 => new(RunSignal.Vanished, new(FailureReason.Killed, Sentence($"The process of the run was killed (signal 9), by a user or by the system when memory ran out; {way}"))),
            128 + 1 or 128 + 2 or 128 + 15 => new(RunSignal.Vanished, new(FailureReason.Killed, Sentence($"The process of the run received signal {exitCode - 128} and ended before a checkpoint was saved; {way}"))),
            > 128 and < 128 + 65 => new(RunSignal.Failed, new(FailureReason.Internal, Sentence($"The process of the run crashed (signal {exitCode - 128}); {lastWords ?? "check the end of the log"}"))),
            2 => new(RunSignal.Failed, new(FailureReason.DataInvalid, lastWords ?? "The run could not start. Check the log.")),
            0 => new(RunSignal.Failed, new(FailureReason.Internal, Sentence($"The process of the run ended with exit code 0 but without a final report; {way}"))),
            _ => new(RunSignal.Failed, new(FailureReason.Internal, lastWords ?? Sentence($"The process of the run ended with exit code {exitCode}. Check the log"))),
        };
    }

    private static string Sentence(string text) => text.EndsWith('.') ? text : text + ".";
}
