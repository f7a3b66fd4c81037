using Unmask.Core.Models;

namespace Unmask.Cli.Views;

/// <summary>What a folder of a model or an adapter holds, a line each.</summary>
internal static class ModelReport
{
    public static void Print(ModelInspection model, TextWriter output)
    {
        void Line(string name, string value) => output.WriteLine($"{name,-13} {value}");
        if (model.Adapter is { } adapter) PrintAdapter(adapter, Line);
        else if (model.Architecture is { } architecture) Line("architecture", architecture);
        if (model.Shape is { } shape) PrintShape(shape, Line);
        if (model.Kind == InspectedKind.Model && model.Tokenizer is { } tokenizer)
        {
            Line("tokens", Format.Count(tokenizer.Tokens));
            Line("mask token", tokenizer.Mask is { } mask ? $"{mask.Text} (id {mask.Id})" : "none");
        }

        foreach (var warning in model.Warnings) Line("warning", warning);
        foreach (var problem in model.Problems) Line("problem", problem);
        if (model.Problems.Count == 0) output.WriteLine("No problems found.");
    }

    private static void PrintShape(ModelShape shape, Action<string, string> line)
    {
        line("parameters", Format.Count(shape.Parameters));
        line("shape", $"{shape.Layers} layers, hidden size {shape.Width}, {shape.Heads} heads, {shape.Vocabulary} embedding rows");
        line("dtype", shape.Dtype + (shape.In4Bit ? ", linear layers in 4-bit (nf4)" : ""));
        line("context", $"{shape.Context} tokens");
        line("tied", shape.TiesEmbeddings ? "tied (the decoder is the embedding table)" : "untied");
    }

    private static void PrintAdapter(AdapterSummary adapter, Action<string, string> line)
    {
        line("adapter", adapter.RankStabilized ? "LoRA, rank-stabilized" : "LoRA");
        line("rank", adapter.Rank.ToString(CultureInfo.InvariantCulture));
        line("alpha", adapter.Alpha.ToString(CultureInfo.InvariantCulture));
        line("targets", adapter.Targets);
        line("base", adapter.BaseModel.Length > 0 ? adapter.BaseModel : "not specified");
        if (adapter.Layers is { } layers) line("layers", layers.ToString(CultureInfo.InvariantCulture));
        if (adapter.Parameters is { } parameters) line("parameters", Format.Count(parameters));
        if (adapter.BaseMatches == true) line("base weights", "match the training base");
    }
}
