using Unmask.Cli.Views;
using Unmask.Core.Events;
using Unmask.Core.Runs;

namespace Unmask.Cli.Work;

/// <summary>The lines of a worker's log: what a person would see in the terminal, each with its time and how much it matters.</summary>
internal sealed class WorkerLog : IEventSink
{
    private readonly PlainTrainingView view = new(TextWriter.Null);

    public void Write(RunEvent happened)
    {
        if (happened is RunFinished { Outcome: RunOutcome.Failed } failed)
        {
            Write(LogLevel.Error, failed.Message ?? "The run failed.", failed.Time);
            return;
        }

        var level = happened is Notice { Level: NoticeLevel.Warning } or CheckpointRejected ? LogLevel.Warn : LogLevel.Info;
        foreach (var line in view.LinesOf(happened)) Write(level, line, happened.Time);
    }

    /// <summary>Writes each line of a text.</summary>
    public void Write(LogLevel level, string text, DateTimeOffset? time = null)
    {
        foreach (var line in text.ReplaceLineEndings("\n").Split('\n'))
        {
            try
            {
                Console.Out.WriteLine(LogLine.Format(time ?? DateTimeOffset.UtcNow, level, line));
            }
            catch (IOException)
            {
                // A line that finds no room on the disk ends no run; the run itself tells what it cannot write.
            }
        }
    }
}
