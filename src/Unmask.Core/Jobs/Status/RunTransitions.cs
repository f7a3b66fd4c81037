using static Unmask.Core.Jobs.Status.RunStatus;

namespace Unmask.Core.Jobs.Status;

/// <summary>The one table of how a run's status may change.</summary>
public static class RunTransitions
{
    private static readonly RunStatus[] Live = [Preparing, Running, Saving];
    private static readonly RunStatus[] CanGoOn = [Paused, Stopped, Interrupted, Failed];

    private static readonly Dictionary<(RunStatus, RunSignal), RunStatus> Table = Rows(
        (RunSignal.Launched, [Queued], Preparing),
        (RunSignal.TakenUp, [Queued, Found, Unreadable, .. CanGoOn], Preparing),
        (RunSignal.SentBack, [Preparing], Queued),
        (RunSignal.TrainingBegan, [Preparing], Running),
        (RunSignal.EndingBegan, [Preparing, Running], Saving),
        (RunSignal.Done, Live, Succeeded),
        (RunSignal.Failed, Live, Failed),
        (RunSignal.Stopped, Live, Stopped),
        (RunSignal.Paused, Live, Paused),
        (RunSignal.Vanished, Live, Interrupted),
        (RunSignal.Requeued, CanGoOn, Queued),
        (RunSignal.Adopted, [Found], Queued),
        (RunSignal.Returned, [Queued], Found),
        (RunSignal.Withdrawn, [Queued], Stopped),
        (RunSignal.Cancelled, [Queued], Cancelled));

    /// <summary>The status after <paramref name="signal"/>; null when that cannot happen to a run in <paramref name="status"/>.</summary>
    public static RunStatus? After(RunStatus status, RunSignal signal) => Table.TryGetValue((status, signal), out RunStatus next) ? next : null;

    /// <summary>Whether <paramref name="signal"/> can happen to a run in <paramref name="status"/>: whether a button for it makes sense.</summary>
    public static bool Allows(RunStatus status, RunSignal signal) => Table.ContainsKey((status, signal));

    /// <summary>A process works on it.</summary>
    public static bool IsLive(RunStatus status) => Live.Contains(status);

    /// <summary>It will never change again.</summary>
    public static bool IsFinal(RunStatus status) => status is Succeeded or Cancelled;

    private static Dictionary<(RunStatus, RunSignal), RunStatus> Rows(params (RunSignal Signal, RunStatus[] From, RunStatus To)[] rows) =>
        rows.SelectMany(row => row.From.Select(from => (Key: (from, row.Signal), row.To))).ToDictionary(pair => pair.Key, pair => pair.To);
}
