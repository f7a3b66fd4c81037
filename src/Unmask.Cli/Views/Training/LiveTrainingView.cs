using System.Collections.Concurrent;
using Spectre.Console;
using Unmask.Core.Events;

namespace Unmask.Cli.Views.Training;

/// <summary>Shows a run in a terminal: a panel that is redrawn in place, notices above it.</summary>
public sealed class LiveTrainingView : IEventSink, IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(150);

    private readonly IAnsiConsole console;
    private readonly CancellationToken stop;
    private readonly RunPicture picture = new();
    private readonly ConcurrentQueue<string> notices = new();
    private readonly ManualResetEventSlim closing = new();
    private readonly Lock gate = new();
    private readonly Task drawing;
    private volatile bool changed = true;

    /// <param name="console">The terminal.</param>
    /// <param name="stop">Shown as stopping once it is cancelled.</param>
    public LiveTrainingView(IAnsiConsole console, CancellationToken stop)
    {
        this.console = console;
        this.stop = stop;
        drawing = Task.Factory.StartNew(Draw, TaskCreationOptions.LongRunning);
    }

    public void Write(RunEvent happened)
    {
        lock (gate) picture.Take(happened);
        if (NoticeOf(happened) is { } notice) notices.Enqueue(notice);
        changed = true;
    }

    /// <summary>Draws the last state, gives the cursor back and leaves the panel on the screen.</summary>
    public void Dispose()
    {
        closing.Set();
        drawing.GetAwaiter().GetResult();
        closing.Dispose();
    }

    // Only this thread writes to the console, so nothing can tear the panel.
    private void Draw() => console.Live(Panel()).AutoClear(false).Overflow(VerticalOverflow.Crop).Start(context =>
    {
        var stopShown = false;
        bool last;
        do
        {
            last = closing.Wait(Pause);
            // Padded to the full width: it is written over the panel, which is drawn anew below it.
            while (notices.TryDequeue(out var notice)) console.Write(new Padder(new Markup(notice), new Padding(0)).Expand());
            if (!changed && stopShown == stop.IsCancellationRequested && !last) continue;
            changed = false;
            stopShown = stop.IsCancellationRequested;
            context.UpdateTarget(Panel());
        }
        while (!last);
    });

    private Spectre.Console.Rendering.IRenderable Panel()
    {
        lock (gate) return TrainingPanel.Draw(picture, console.Profile.Width, stop.IsCancellationRequested);
    }

    private static string? NoticeOf(RunEvent happened) => happened switch
    {
        Notice { Level: NoticeLevel.Warning } warning => $"[yellow]Warning:[/] {Markup.Escape(warning.Message)}",
        Notice notice => Markup.Escape(notice.Message),
        RunResumed resumed => Markup.Escape($"Resumes after step {resumed.Step}, from {resumed.Checkpoint}."),
        CheckpointRejected rejected => $"[yellow]Warning:[/] {Markup.Escape(rejected.Message)}",
        _ => null,
    };
}
