using System.CommandLine;
using Unmask.Cli.Shell;
using Unmask.Engine.Modeling.Adapters;
using Unmask.Engine.Modeling.Checkpoints;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask model merge</c>: one model folder of a model and its adapter.</summary>
public static class ModelMergeCommand
{
    public static Command Create()
    {
        var model = new Option<string?>("--model") { Description = "Base model. [default: the path in adapter_config.json]", HelpName = "DIR" };
        var adapter = new Option<string>("--adapter", "--adaptor") { Description = "peft adapter folder: adapter_config.json and adapter_model.safetensors.", Required = true, HelpName = "DIR" };
        var output = new Option<string>("--output") { Description = "Output folder; must be new or empty.", Required = true, HelpName = "DIR" };
        var command = new Command("merge", "Merge an adapter into its base model.") { model, adapter, output };
        command.SetAction(parse =>
        {
            var folder = parse.GetValue(output)!;
            var path = parse.GetValue(adapter)!;
            var source = parse.GetValue(model) is { } named ? ModelSource.Open(named, path) : ModelSource.OfAdapter(path);
            foreach (var warning in AdapterMerge.Save(folder, source)) parse.InvocationConfiguration.Error.WriteLine(warning);
            parse.InvocationConfiguration.Output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{folder}: {source.Base.Architecture.ClassName}, {ModelFolder.Open(folder).Config.ParameterCount:N0} parameters, with {path} merged in."));
            return ExitCode.Done;
        });
        return command.WithExamples(
            ("unmask model merge --model my-model --adapter runs/20260131-120000-adaptor/outputs/adaptor --output my-tuned-model", "one folder to share"));
    }
}
