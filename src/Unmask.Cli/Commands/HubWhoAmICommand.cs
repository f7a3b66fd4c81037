using System.CommandLine;
using Unmask.Cli.Shell;
using Unmask.Core.Hub;
using Unmask.Core.Hub.Http;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask hub whoami</c>: whose token is sent.</summary>
public static class HubWhoAmICommand
{
    public static Command Create()
    {
        var command = new Command("whoami", "Show the account and the source of the Hub token.");
        command.SetAction(async (parse, stop) =>
        {
            var settings = HubSettings.FromEnvironment();
            if (!settings.HasToken) throw new UserError($"No token is set; the Hub is accessed anonymously. Set HF_TOKEN to a token of {settings.Endpoint.AbsoluteUri.TrimEnd('/')}/settings/tokens.");
            using var hub = new HubClient(settings, parse.InvocationConfiguration.Error.WriteLine);
            parse.InvocationConfiguration.Output.WriteLine($"{await hub.WhoAmI(stop)} (token from {settings.TokenSource})");
            return ExitCode.Done;
        });
        return command;
    }
}
