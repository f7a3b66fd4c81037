using System.CommandLine;
using Unmask.Cli.Shell;
using Unmask.Core.Hub;
using Unmask.Primitives;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask hub whoami</c>: whose token is sent.</summary>
public static class HubWhoAmICommand
{
    public static Command Create()
    {
        var command = new Command("whoami", "Tell whose token is sent to the Hub, and where it comes from.");
        command.SetAction(async (parse, stop) =>
        {
            var settings = HubSettings.FromEnvironment();
            if (!settings.HasToken) throw new UserError($"No token is set, so the Hub is asked as a stranger. Set HF_TOKEN to one of {settings.Endpoint.AbsoluteUri.TrimEnd('/')}/settings/tokens.");
            using var hub = new HubClient(settings, parse.InvocationConfiguration.Error.WriteLine);
            parse.InvocationConfiguration.Output.WriteLine($"{await hub.WhoAmI(stop)} (token from {settings.TokenSource})");
            return ExitCode.Done;
        });
        return command;
    }
}
