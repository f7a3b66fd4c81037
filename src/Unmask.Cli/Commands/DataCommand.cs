using System.CommandLine;
using Unmask.Cli.Shell;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask data</c>: look at training data.</summary>
public static class DataCommand
{
    public static Command Create()
    {
        var command = new Command("data", "Look at training data as the engine sees it.") { DataRenderCommand.Create() };
        return command.WithExamples(("unmask data render recipes/quickstart.yaml", "the first rows as tokens: what is given, what is scored, what is cut"));
    }
}
