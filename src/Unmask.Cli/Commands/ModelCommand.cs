using System.CommandLine;
using Unmask.Cli.Shell;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask model</c>: make a model from nothing, list them, look into one, copy one, merge an adapter into one.</summary>
public static class ModelCommand
{
    public static Command Create()
    {
        var command = new Command("model", "Create, list, inspect, convert and merge models.")
        {
            ModelNewCommand.Create(), ModelListCommand.Create(), ModelInspectCommand.Create(), ModelExportCommand.Create(), ModelMergeCommand.Create(),
        };
        return command.WithExamples(
            ("unmask model new --architecture modernbert --size small --tokenizer my-tokenizer --output my-model", "a new model for a tokenizer"),
            ("unmask model list", "the models and adapters of all runs, with their losses and bases"),
            ("unmask model inspect my-model", "contents and problems of a model folder"),
            ("unmask model export --model my-model --output my-model-4bit --quantization nf4", "a 4-bit copy"),
            ("unmask model merge --model my-model --adapter my-adapter --output my-tuned-model", "a merged model"));
    }
}
