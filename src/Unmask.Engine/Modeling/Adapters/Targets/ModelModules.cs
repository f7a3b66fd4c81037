using Unmask.Engine.Modeling.Blocks;
using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Adapters.Targets;

/// <summary>What adapters can name in a model, as its original has it in modules: paths, sizes and parameters. No tensor.</summary>
internal sealed class ModelModules
{
    private ModelModules(ModelConfig config, ModelConfig untied, MaskedLanguageModel model, bool headIsModule)
    {
        var shapes = untied.Parameters.Concat(config.Parameters).DistinctBy(spec => spec.Name).ToDictionary(spec => spec.Name, spec => spec.Shape, StringComparer.Ordinal);
        LinearShape Shape(string path, string weight, bool transposed = false) => shapes[weight] is var shape && transposed ? new LinearShape(path, shape[0], shape[1]) : new LinearShape(path, shape[1], shape[0]);
        Linears = [.. model.Linears.Select(linear => Shape(linear.Path, $"{linear.Path}.weight"))];
        Tables = [.. model.Tables.Select(table => Shape(table.Path, $"{table.Path}.weight", transposed: true))];
        TokenTable = model.Tables.First(table => table.IsOfTokens).Path;
        Head = headIsModule && model.OutputHead is { } head ? new LinearShape(head.Path, config.Width, config.VocabularySize) : null;
        Adaptable = [.. Linears, .. Tables, .. Head is null ? [] : new[] { Head }];
        TiedTo = config.TiesEmbeddings && Head is not null ? $"{TokenTable}.weight" : null;
        var names = new List<(string, string)>();
        foreach (var spec in (Head is null ? config : untied).Parameters)
        {
            names.Add((spec.Name, spec.Name));
            if (spec.SavedAlsoAs is { } other) names.Add((other, spec.Name));
        }

        Names = names;
        Shapes = shapes;
        var paths = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (name, _) in Names)
        {
            for (var at = name.LastIndexOf('.'); at > 0; at = name.LastIndexOf('.', at - 1)) paths.Add(name[..at]);
        }

        Paths = paths;
    }

    /// <summary>The linear layers but the head.</summary>
    public IReadOnlyList<LinearShape> Linears { get; }

    /// <summary>The embedding tables [V, D] as branches see them: V in, D out.</summary>
    public IReadOnlyList<LinearShape> Tables { get; }

    /// <summary>Path of the table of the vocabulary.</summary>
    public string TokenTable { get; }

    /// <summary>The output head; null where the original has no module for it.</summary>
    public LinearShape? Head { get; }

    /// <summary>Every module that can have a branch.</summary>
    public IReadOnlyList<LinearShape> Adaptable { get; }

    /// <summary>The weight that the head shares; null where it has its own, or is no module.</summary>
    public string? TiedTo { get; }

    /// <summary>Every name in the original's state dict, the head's among them, and the parameter that it is here when nothing is tied.</summary>
    public IReadOnlyList<(string Name, string Parameter)> Names { get; }

    /// <summary>Every module with parameters in or below it.</summary>
    public IReadOnlySet<string> Paths { get; }

    public IReadOnlyDictionary<string, long[]> Shapes { get; }

    /// <summary>The modules of a model of that configuration.</summary>
    public static ModelModules Of(Architecture architecture, ModelConfig config)
    {
        // Tensors of the meta device have a shape and no data, so even the largest model is built at once.
        using var model = config.Build(ParameterSet.Allocate(config.Parameters, META, ScalarType.Float32));
        return new ModelModules(config, config.TiesEmbeddings ? architecture.Untied(config) : config, model, !config.TiesEmbeddings || architecture.TiedHeadIsModule);
    }

    /// <summary>The last part of each name of a linear layer, for a sentence.</summary>
    public string KnownLinears() => $"Its layers are called {string.Join(", ", Linears.Select(linear => Leaf(linear.Path)).Distinct())}; a name may have more of the path before it.";

    public static string Leaf(string path) => path[(path.LastIndexOf('.') + 1)..];
}
