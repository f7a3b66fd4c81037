using System.CommandLine;
using Unmask.Cli.Shell;
using Unmask.Core.Hub;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask hub</c>: models and datasets of the Hugging Face Hub, and the cache that they are kept in.</summary>
public static class HubCommand
{
    public static Command Create() => new Command("hub", "Find, look at and download models and datasets of the Hugging Face Hub.")
    {
        HubSearchCommand.Create(),
        HubInfoCommand.Create(),
        HubDownloadCommand.Create(),
        HubPushCommand.Create(),
        HubCacheCommand.Create(),
        HubWhoAmICommand.Create(),
    }.WithExamples(
        ("unmask hub search bert-chat", "models with these words in their names"),
        ("unmask hub download org/name", "bring a model into the cache, or go on with a download that was cut off"),
        ("unmask hub cache list", "what lies in the cache, and how much it takes"));

    /// <summary>The switch that says that a dataset is meant.</summary>
    internal static Option<bool> Data() => new("--data") { Description = "A dataset, not a model." };

    internal static HubKind Kind(bool data) => data ? HubKind.Dataset : HubKind.Model;
}
