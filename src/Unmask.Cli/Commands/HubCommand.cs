using System.CommandLine;
using Unmask.Cli.Shell;
using Unmask.Core.Hub.Http;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask hub</c>: models and datasets of the Hugging Face Hub, and the cache that they are kept in.</summary>
public static class HubCommand
{
    public static Command Create() => new Command("hub", "Search, show, download and push models and datasets of the Hugging Face Hub.")
    {
        HubSearchCommand.Create(),
        HubInfoCommand.Create(),
        HubDownloadCommand.Create(),
        HubPushCommand.Create(),
        HubCacheCommand.Create(),
        HubWhoAmICommand.Create(),
    }.WithExamples(
        ("unmask hub search bert-chat", "models with matching names"),
        ("unmask hub download org/name", "download a model to the cache, or resume an interrupted download"),
        ("unmask hub cache list", "the contents and size of the cache"));

    /// <summary>The switch that says that a dataset is meant.</summary>
    internal static Option<bool> Data() => new("--data") { Description = "A dataset instead of a model." };

    internal static HubKind Kind(bool data) => data ? HubKind.Dataset : HubKind.Model;
}
