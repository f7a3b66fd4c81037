using System.Text.Json;
using Unmask.Cli.Commands;
using Unmask.Cli.Shell;
using Unmask.Core.Events;
using Unmask.Core.Parameters;
using Unmask.Core.Runs;
using Unmask.Core.Runs.Logs;
using Unmask.Core.Runs.Processes;
using Xunit;

namespace Unmask.Tests.Cli;

public sealed class RunsCommandTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Runs_are_listed_and_shown_as_their_folders_tell()
    {
        Written("runs/done", new RunFinished(RunOutcome.Done, 9, "outputs")).Dispose();
        Written("runs/failed", new RunFinished(RunOutcome.Failed, 3, Reason: FailureReason.DataInvalid, Message: "The dataset is empty.")).Dispose();
        using var live = Written("runs/live");

        var (code, table, _) = await Run("runs", "list", folder["runs"]);
        Assert.Equal(ExitCode.Done, code);
        Assert.Matches(@"\nlive +words +training +3/9 +0\.5000", table);
        Assert.Matches(@"\nfailed +words +failed", table);
        Assert.Equal(4, table.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);

        var lines = (await Run("runs", "list", folder["runs"], "--json")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToDictionary(run => run.GetProperty("id").GetString()!);
        Assert.Equal(["succeeded", "failed", "running"], ((string[])["done", "failed", "live"]).Select(id => lines[id].GetProperty("status").GetString()));

        var sheet = (await Run("runs", "show", folder["runs/failed"])).Output;
        Assert.Contains("The dataset is empty.", sheet);
        Assert.Contains($"unmask train --resume {folder["runs/failed"]}", sheet);
    }

    [Fact]
    public async Task The_log_of_a_run_is_its_file_or_its_events()
    {
        Written("run", new RunFinished(RunOutcome.Failed, 3, Message: "Two\nlines.")).Dispose();
        var told = (await Run("runs", "logs", "-f", folder["run"])).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("2026-01-31T12:00:00.000Z info  step          3/9", told[1]);
        Assert.Equal(["Two", "lines."], told[^2..].Select(line => LogLine.Parse(1, line)).Select(line => line.Level == LogLineLevel.Error ? line.Text : line.ToString()));

        folder.Write("run/log.txt", "2026-01-31T12:00:00.000Z warn  Look.\nraw\n");
        Assert.Equal("2026-01-31T12:00:00.000Z warn  Look.\nraw\n", (await Run("runs", "logs", folder["run"])).Output);
    }

    [Fact]
    public async Task A_run_that_lives_is_asked_to_stop_and_one_that_does_not_is_not()
    {
        using (Written("run"))
        {
            Assert.Contains("a checkpoint after the current step", (await Run("runs", "stop", folder["run"])).Output);
            Assert.Equal(StopOrder.Save, StopFile.Read(folder["run"]));
            Assert.Contains("without saving", (await Run("runs", "stop", folder["run"], "--now")).Output);
            Assert.Equal(StopOrder.Now, StopFile.Read(folder["run"]));
        }

        var (code, _, error) = await Run("runs", "stop", folder["run"]);
        Assert.Equal(ExitCode.UserCanFix, code);
        Assert.Contains("there is nothing to stop", error);
        Assert.Contains("There is no run nowhere", (await Run("runs", "show", "nowhere")).Error);
        Assert.Contains("Give one", (await Run("runs", "stop", folder["run"], "--now", "--kill")).Error);
    }

    private static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var code = await CommandLine.RunAsync(new("test") { RunsCommand.Create() }, arguments, output, error);
        return (code, output.ToString(), error.ToString());
    }

    private RunFolder Written(string name, params RunEvent[] end)
    {
        Directory.CreateDirectory(folder["runs"]);
        var run = RunFolder.Create(new TrainParameters { Dataset = folder.Write("rows.jsonl", "{}"), ModelSize = "tiny", AdaptorName = "words" }, folder[name]);
        using var log = run.StartEvents();
        log.Write(new PhaseChanged(Phases.Training, Done: 0, Total: 9) { Time = Noon });
        log.Write(new StepLogged(3, 0.1, 0.5) { Time = Noon, TotalSteps = 9 });
        foreach (var one in end) log.Write(one);
        return run;
    }
}
