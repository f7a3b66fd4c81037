using Unmask.Cli.Views.Training;
using Unmask.Core.Events;
using Unmask.Core.Runs.Logs;

namespace Unmask.Cli.Work;

/// <summary>Events of a run as lines of its log: what a person would see in the terminal, each with its time and how much it matters.</summary>
internal sealed class EventLines
{
    private readonly PlainTrainingView view = new(TextWriter.Null);

    /// <summary>The lines of one event.</summary>
    public IEnumerable<string> Of(RunEvent happened)
    {
        if (happened is RunFinished { Outcome: RunOutcome.Failed } failed) return Of(LogLineLevel.Error, failed.Message ?? "The run failed.", failed.Time);
        var level = happened is Notice { Level: NoticeLevel.Warning } or CheckpointRejected ? LogLineLevel.Warn : LogLineLevel.Info;
        return view.LinesOf(happened).SelectMany(line => Of(level, line, happened.Time));
    }

    /// <summary>Each line of a text.</summary>
    public static IEnumerable<string> Of(LogLineLevel level, string text, DateTimeOffset time) =>
        text.ReplaceLineEndings("\n").Split('\n').Select(line => LogLine.Format(time, level, line));
}
