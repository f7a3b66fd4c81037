using System.CommandLine;
using Unmask.Cli.Shell;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask data</c>: look at training data.</summary>
public static class DataCommand
{
    public static Command Create()
    {
        var command = new Command("data", "Inspect training data as the trainer reads it.") { DataRenderCommand.Create() };
        return command.WithExamples(("unmask data render recipes/quickstart.yaml", "the first rows as tokens: prompt, scored, truncated"));
    }
}
