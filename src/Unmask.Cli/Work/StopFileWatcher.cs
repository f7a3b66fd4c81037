using Unmask.Cli.Shell;
using Unmask.Core;
using Unmask.Core.Events;
using Unmask.Core.Runs;
using Unmask.Core.Runs.Processes;

namespace Unmask.Cli.Work;

/// <summary>
/// Watches for <c>stop.json</c> in the folder of a run, a few times a second, whatever the run does: <c>save</c> asks it to stop through
/// <see cref="Token"/>, as a signal does; <c>now</c> writes the run's last event and ends the process. It listens to the run's events to know its step.
/// </summary>
internal sealed class StopFileWatcher : IEventSink, IDisposable
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(200);

    private readonly RunFolder folder;
    private readonly CancellationTokenSource source;
    private readonly ManualResetEventSlim over = new();
    private readonly Thread thread;
    private readonly Action? beforeEnd;
    private volatile RunProgress progress = RunProgress.None;

    /// <param name="folder">The run, open.</param>
    /// <param name="signal">Cancelled by a signal; then so is <see cref="Token"/>.</param>
    /// <param name="beforeEnd">Called before the process ends at once; null for nothing.</param>
    public StopFileWatcher(RunFolder folder, CancellationToken signal, Action? beforeEnd = null)
    {
        (this.folder, this.beforeEnd) = (folder, beforeEnd);
        source = CancellationTokenSource.CreateLinkedTokenSource(signal);
        thread = new Thread(Look) { IsBackground = true, Name = "stop watch" };
        thread.Start();
    }

    /// <summary>Cancelled when the run shall save and end.</summary>
    public CancellationToken Token => source.Token;

    /// <summary>Steps made so far.</summary>
    public long Step => progress.Step ?? 0;

    /// <summary>The run has told its end.</summary>
    public bool SawEnd => progress.Finished is not null;

    public void Write(RunEvent happened) => progress = progress.With(happened);

    public void Dispose()
    {
        over.Set();
        thread.Join();
        StopFile.Clear(folder.Path);
        source.Dispose();
        over.Dispose();
    }

    private void Look()
    {
        for (var told = false; !over.Wait(BetweenLooks);)
        {
            switch (StopFile.Read(folder.Path))
            {
                case StopOrder.Save when !told:
                    told = true;
                    source.Cancel();
                    break;
                case StopOrder.Now:
                    EndNow();
                    return;
            }
        }
    }

    private void EndNow()
    {
        if (!folder.WriteLastEvent(new RunFinished(RunOutcome.Stopped, Step, Message: $"Stopped immediately on request; steps after the last checkpoint are lost. Resume with: unmask train --resume {ShellWord.QuotePath(folder.Path)}"))) return;
        beforeEnd?.Invoke();
        StopFile.Clear(folder.Path);
        StopSignal.EndNow(ExitCode.Done);
    }
}
