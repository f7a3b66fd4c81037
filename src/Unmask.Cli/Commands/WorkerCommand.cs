using System.CommandLine;
using Unmask.Cli.Work;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask worker</c>: trains a run of the workbench. People use <c>unmask train</c>.</summary>
public static class WorkerCommand
{
    public static Command Create()
    {
        var run = new Argument<string>("run folder") { Description = "A queued run, or a run to resume." };
        var command = new Command("worker", "Train a run of the workbench, reporting in the run folder only.") { run };
        command.Hidden = true;
        // A thread of its own: training blocks for hours, and keeps its native memory pools to itself.
        command.SetAction((parse, stop) => Task.Factory.StartNew(() => Worker.Run(parse.GetValue(run)!, stop), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        return command;
    }
}
