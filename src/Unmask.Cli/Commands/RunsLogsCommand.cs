using System.CommandLine;
using Unmask.Cli.Shell;
using Unmask.Cli.Work;
using Unmask.Core.Events;
using Unmask.Core.Runs;
using Unmask.Core.Runs.Logs;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask runs logs</c>: what a run told, as lines. A run of the terminal has no log file: its lines are made from its events.</summary>
public static class RunsLogsCommand
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(200);

    public static Command Create()
    {
        var named = RunsCommand.Named();
        var follow = new Option<bool>("--follow", "-f") { Description = "Follow until the run ends." };
        var command = new Command("logs", "Print the log of a run.") { named, follow };
        command.SetAction(async (parse, stop) =>
        {
            var folder = RunChoice.Find(parse.GetValue(named)!);
            var output = parse.InvocationConfiguration.Output;
            Func<IEnumerable<string>> news = File.Exists(Path.Combine(folder, RunLog.FileName)) ? NewLines(new RunLog(folder)) : NewEvents(new EventTail(Path.Combine(folder, "events.jsonl")));
            while (true)
            {
                // Looked at before the lines are read, so that the last ones are not missed.
                var lives = parse.GetValue(follow) && RunFolder.IsHeld(folder);
                foreach (var line in news()) output.WriteLine(line);
                if (!lives) return ExitCode.Done;
                await Task.Delay(BetweenLooks, stop);
            }
        });
        return command;
    }

    private static Func<IEnumerable<string>> NewLines(RunLog log)
    {
        long seen = 0;
        return () =>
        {
            List<string> lines = [];
            for (var more = true; more;)
            {
                var page = log.Page(seen, 10_000);
                lines.AddRange(page.Lines.Select(line => line.Time is { } time ? LogLine.Format(time, line.Level, line.Text) : line.Text));
                (seen, more) = (seen + page.Lines.Count, page.HasMore);
            }

            return lines;
        };
    }

    private static Func<IEnumerable<string>> NewEvents(EventTail tail)
    {
        var lines = new EventLines();
        return () =>
        {
            List<string> news = [];
            for (var more = true; more;)
            {
                var part = tail.Read();
                news.AddRange(part.Events.SelectMany(placed => lines.Of(placed.Event)));
                more = !part.IsAll;
            }

            return news;
        };
    }
}
