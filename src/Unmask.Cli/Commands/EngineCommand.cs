using System.CommandLine;
using Unmask.Cli.Shell;
using Unmask.Core.Protocol.Client;
using Unmask.Core.Storage;
using Unmask.Engine.Hosting;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask engine</c>: answers requests of the workbench, a line each, until its input ends. Not for people.</summary>
public static class EngineCommand
{
    public static Command Create()
    {
        var command = new Command(EngineProcess.CommandName, "Answer requests of the workbench on standard input.") { Hidden = true };
        command.SetAction(async (_, stop) =>
        {
            using var streams = StandardStreams.Claim();
            ScratchFolder.Sweep();
            using var operations = new OperationList();
            using var service = new EngineService(operations.All, streams.Output);
            if (!await service.RunAsync(streams.Input, stop)) StopSignal.EndNow(ExitCode.Done);
            return ExitCode.Done;
        });
        return command;
    }
}
