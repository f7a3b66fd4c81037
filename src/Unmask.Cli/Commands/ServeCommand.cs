using System.CommandLine;
using System.Net;
using Unmask.Cli.Shell;
using Unmask.Core.Jobs;
using Unmask.Core.Workspaces;
using Unmask.Engine.Runtime;
using Unmask.Web;
using Unmask.Web.Security;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask serve</c>: the workbench in a browser.</summary>
public static class ServeCommand
{
    /// <summary>What is open when Ctrl+C comes has so long to close.</summary>
    private static readonly TimeSpan timeToClose = TimeSpan.FromSeconds(6);

    public static Command Create()
    {
        var port = new Option<int>("--port") { Description = "Port to listen on; 0 takes any free one.", DefaultValueFactory = _ => WebOptions.UsualPort };
        var listen = new Option<string?>("--listen")
        {
            HelpName = "address or name",
            Description = "Address or host name of this machine to listen on instead of loopback, such as 0.0.0.0 for all interfaces.",
        };
        var home = new Option<string?>("--home") { HelpName = "folder", Description = "Folder of runs, datasets, models and templates. [default: UNMASK_HOME, else ~/.unmask]" };
        var open = new Option<bool>("--open") { Description = "Open the workbench in the browser; a running workbench is reused." };
        var noToken = new Option<bool>("--no-token") { Description = "Disable the access token. Every account and program of this machine can then use the workbench; loopback only." };
        var verbose = new Option<bool>("--verbose") { Description = "Write the log to the terminal too, with refused requests. Without it the log is a file in the folder logs of the home folder." };
        var command = new Command("serve", "Start the workbench: datasets, training, runs, models and chat in a browser.") { port, listen, home, open, noToken, verbose };
        command.Validators.Add(result =>
        {
            if (result.GetValue(port) is var number and (< 0 or > 65535)) result.AddError($"--port is {number}. It must be from 0 to 65535.");
        });
        command.SetAction(async (parse, stop) =>
        {
            var (address, name) = ListenAddress.Of(parse.GetValue(listen));
            if (parse.GetValue(noToken) && !IPAddress.IsLoopback(address)) throw new UserError($"--no-token disables the access token, and --listen {parse.GetValue(listen)} opens the workbench to the network. Remove one of them.");
            var output = parse.InvocationConfiguration.Output;
            // Runs that the terminal makes here show up, too.
            var workspace = Workspace.Open(parse.GetValue(home), [Path.GetFullPath("runs")]);
            foreach (var note in workspace.Notes) parse.InvocationConfiguration.Error.WriteLine(note);
            if (parse.GetValue(open) && ServerLock.AddressOf(workspace) is { } running)
            {
                output.WriteLine($"The workbench of {workspace.Home} is already running at {running}");
                Browse(running);
                return ExitCode.Done;
            }

            var workbench = await Workbench.Start(
                new WebOptions
                {
                    Workspace = workspace,
                    Scheduler = new SchedulerOptions { Gpus = NvidiaDevice.Usable() },
                    Address = address,
                    Name = name,
                    Port = parse.GetValue(port),
                    Log = parse.GetValue(verbose) ? parse.InvocationConfiguration.Error : null,
                    Token = parse.GetValue(noToken) ? null : AccessToken.Create(),
                },
                stop);
            output.WriteLine($"The workbench is at {workbench.Entry}");
            output.WriteLine("Ctrl+C stops the workbench.");
            if (parse.GetValue(open)) Browse(workbench.Entry);
            await Task.Delay(Timeout.Infinite, stop).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            await Close(workbench, parse.InvocationConfiguration.Error);
            return ExitCode.Done;

            void Browse(string entry)
            {
                foreach (var problem in BrowserOpener.Open(SingleUseCode.InPlaceOfToken(entry, DateTimeOffset.UtcNow))) parse.InvocationConfiguration.Error.WriteLine(problem);
            }
        });
        return command.WithExamples(
            ("unmask serve --open", $"the workbench at http://127.0.0.1:{WebOptions.UsualPort}, in the browser"),
            ("unmask serve --listen 0.0.0.0", "reachable from other machines"));
    }

    /// <summary>Closes the workbench. What does not end in time ends with the process: runs are processes of their own, and files are whole or absent.</summary>
    private static async Task Close(Workbench workbench, TextWriter error)
    {
        var closing = Task.Run(async () => await workbench.DisposeAsync());
        if (await Task.WhenAny(closing, Task.Delay(timeToClose)) == closing)
        {
            await closing;
            return;
        }

        await error.WriteLineAsync($"The workbench did not shut down within {timeToClose.TotalSeconds:F0} s and is ended now. Runs continue.");
        await error.FlushAsync();
        StopSignal.EndNow(ExitCode.Done);
    }
}
