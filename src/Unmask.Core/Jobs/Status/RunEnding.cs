using System.Globalization;
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
                return new(RunSignal.Failed, new(FailureReason.Internal, Sentence($"It told that it was done, but its process ended with code {exitCode}: check its model before you use it")));
            case RunOutcome.Failed:
                return new(RunSignal.Failed, new(finished.Reason ?? FailureReason.Internal, finished.Message ?? lastWords ?? "It failed and did not say why; its log may tell."));
            case RunOutcome.Stopped:
                return new(asked?.Pause == true ? RunSignal.Paused : RunSignal.Stopped);
        }

        if (asked?.Mode == StopMode.Kill) return new(asked.Pause ? RunSignal.Paused : RunSignal.Stopped);
        string way = checkpoint is { } step ? $"it can go on from step {step.ToString(CultureInfo.InvariantCulture)}" : "it has no checkpoint yet, so it would start over";
        return exitCode switch
        {
            null or < 0 => new(RunSignal.Vanished, new(FailureReason.Killed, Sentence($"Its process is gone and told nothing, as when it is killed or the machine goes down; {way}"))),
            128 + 9 => new(RunSignal.Vanished, new(FailureReason.Killed, Sentence($"Its process was killed (signal 9): by a person, or by the system because memory ran out; {way}"))),
            128 + 1 or 128 + 2 or 128 + 15 => new(RunSignal.Vanished, new(FailureReason.Killed, Sentence($"Its process was told to end (signal {exitCode - 128}) and did so before it could save; {way}"))),
            > 128 and < 128 + 65 => new(RunSignal.Failed, new(FailureReason.Internal, Sentence($"Its process crashed (signal {exitCode - 128}); {lastWords ?? "the end of its log may tell why"}"))),
            2 => new(RunSignal.Failed, new(FailureReason.DataInvalid, lastWords ?? "It could not start; its log tells why.")),
            0 => new(RunSignal.Failed, new(FailureReason.Internal, Sentence($"Its process ended as if all were well but never told that it was done; {way}"))),
            _ => new(RunSignal.Failed, new(FailureReason.Internal, lastWords ?? Sentence($"Its process ended with code {exitCode}; its log may tell why"))),
        };
    }

    private static string Sentence(string text) => text.EndsWith('.') ? text : text + ".";
}
