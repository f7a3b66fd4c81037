using System.CommandLine;
using Unmask.Cli.Shell;
using Unmask.Engine.Modeling.Checkpoints;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask model export</c>: a copy of a model in another type, or in 4 bits.</summary>
public static class ModelExportCommand
{
    public static Command Create()
    {
        var model = new Option<string>("--model") { Description = "Model folder.", Required = true, HelpName = "DIR" };
        var output = new Option<string>("--output") { Description = "Output folder; must be new or empty.", Required = true, HelpName = "DIR" };
        var dtype = new Option<string?>("--dtype") { Description = "Type of the weights. [default: unchanged]" }.AcceptOnlyFromAmong([.. WeightTypes.Names]);
        var quantization = new Option<string?>("--quantization")
        {
            Description = "nf4: linear layers in 4-bit, as bitsandbytes and transformers read them. none: no quantization. [default: unchanged]",
        }.AcceptOnlyFromAmong("none", "nf4");
        var command = new Command("export", "Convert a model to another data type.") { model, output, dtype, quantization };
        command.SetAction(parse =>
        {
            var target = parse.GetValue(output)!;
            var source = ModelFolder.Open(parse.GetValue(model)!);
            ModelCopy.Save(target, source, WeightTypes.Of(parse.GetValue(dtype)), parse.GetValue(quantization) is { } wish ? wish == "nf4" : null);
            var bytes = Directory.EnumerateFiles(target, "*.safetensors").Sum(file => new FileInfo(file).Length);
            parse.InvocationConfiguration.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{target}: {bytes / 1e6:N1} MB of weights, {bytes * 8.0 / source.Config.ParameterCount:N2} bits per parameter."));
            return ExitCode.Done;
        });
        return command.WithExamples(
            ("unmask model export --model my-model --output my-model-4bit --quantization nf4", "a quarter of the size, for inference or QLoRA"),
            ("unmask model export --model my-model --output my-model-bf16 --dtype bfloat16", "half the size"));
    }
}
