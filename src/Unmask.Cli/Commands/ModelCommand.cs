using System.CommandLine;
using Unmask.Cli.Shell;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask model</c>: make a model from nothing, list them, look into one, copy one, merge an adapter into one.</summary>
public static class ModelCommand
{
    public static Command Create()
    {
        var command = new Command("model", "Make a new model, list models, look into a model folder, copy one in another number format, or merge an adapter into one.")
        {
            ModelNewCommand.Create(), ModelListCommand.Create(), ModelInspectCommand.Create(), ModelExportCommand.Create(), ModelMergeCommand.Create(),
        };
        return command.WithExamples(
            ("unmask model new --architecture modernbert --size small --tokenizer my-tokenizer --output my-model", "a fresh model for a tokenizer"),
            ("unmask model list", "the models and adapters of all runs, with their losses and bases"),
            ("unmask model inspect my-model", "what a folder holds, and what is wrong with it"),
            ("unmask model export --model my-model --output my-model-4bit --quantization nf4", "a copy in 4 bits"),
            ("unmask model merge --model my-model --adapter my-adapter --output my-tuned-model", "one model of both"));
    }
}
