using System.CommandLine;
using Unmask.Cli.Shell;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask model</c>: make a model from nothing, and look into one.</summary>
public static class ModelCommand
{
    public static Command Create()
    {
        var command = new Command("model", "Make a new model, or look into a model folder.") { ModelNewCommand.Create(), ModelInspectCommand.Create() };
        return command.WithExamples(
            ("unmask model new --architecture modernbert --size small --tokenizer my-tokenizer --output my-model", "a fresh model for a tokenizer"),
            ("unmask model inspect my-model", "what a folder holds, and what is wrong with it"));
    }
}
