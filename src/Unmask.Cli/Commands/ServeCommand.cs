using System.CommandLine;
using System.Net;
using Unmask.Cli.Shell;
using Unmask.Core.Jobs;
using Unmask.Core.Workspaces;
using Unmask.Engine.Native;
using Unmask.Web;
using Unmask.Web.Security;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask serve</c>: the workbench in a browser.</summary>
public static class ServeCommand
{
    public static Command Create()
    {
        var port = new Option<int>("--port") { Description = "Port to listen on; 0 takes any free one.", DefaultValueFactory = _ => WebOptions.UsualPort };
        var listen = new Option<string?>("--listen")
        {
            HelpName = "address or name",
            Description = "Listen on this address instead of this machine only, e.g. 0.0.0.0 for the whole network, or for it by a name of this machine. Visitors then need the token in the address that is printed.",
        };
        var home = new Option<string?>("--home") { HelpName = "folder", Description = "Where runs, data sets, models and templates are kept. [default: UNMASK_HOME, else .unmask in your own folder]" };
        var command = new Command("serve", "Open the workbench: data sets, training, runs, models and chat in a browser.") { port, listen, home };
        command.Validators.Add(result =>
        {
            if (result.GetValue(port) is var number and (< 0 or > 65535)) result.AddError($"--port is {number}; it must be from 0 to 65535.");
            if (result.GetValue(listen) is { } address && !IPAddress.TryParse(address, out _) && Uri.CheckHostName(address) != UriHostNameType.Dns) result.AddError($"--listen is {address}; it must be an IP address such as 0.0.0.0, or a name of this machine.");
        });
        command.SetAction(async (parse, stop) =>
        {
            // A name is answered to on every address.
            var given = parse.GetValue(listen);
            var address = given is null ? IPAddress.Loopback : IPAddress.TryParse(given, out var figures) ? figures : IPAddress.Any;
            var options = new WebOptions
            {
                // Runs that the terminal makes here show up, too.
                Workspace = Workspace.Open(parse.GetValue(home), [Path.GetFullPath("runs")]),
                Board = new BoardOptions { Gpus = NvidiaDevice.Usable() },
                Address = address,
                Name = given == address.ToString() ? null : given,
                Port = parse.GetValue(port),
                Token = IPAddress.IsLoopback(address) ? null : AccessToken.Create(),
            };
            await using var workbench = await Workbench.Start(options, stop);
            parse.InvocationConfiguration.Output.WriteLine($"The workbench is at {workbench.Address}{(options.Token is { } token ? $"/?token={token}" : "")}");
            parse.InvocationConfiguration.Output.WriteLine("Ctrl+C closes it.");
            await Task.Delay(Timeout.Infinite, stop).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            return ExitCode.Done;
        });
        return command.WithExamples(
            ("unmask serve", $"the workbench at http://127.0.0.1:{WebOptions.UsualPort}"),
            ("unmask serve --listen 0.0.0.0", "reached from other machines, too, with a token"));
    }
}
