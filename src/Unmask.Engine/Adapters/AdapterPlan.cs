using Unmask.Core;
using Unmask.Core.Parameters;
using Unmask.Engine.Models;

namespace Unmask.Engine.Adapters;

/// <summary>A linear layer with an adapter: A [R, in], B [out, R], and the factor on their product.</summary>
public sealed record AdaptedLayer(LinearShape Shape, int Rank, double Scale)
{
    public string Path => Shape.Path;

    /// <summary>Trained values.</summary>
    public long Elements => Rank * (Shape.In + Shape.Out);
}

/// <summary>An adapter laid out for one model, without a tensor.</summary>
/// <param name="Settings">What it is.</param>
/// <param name="Architecture">The model's catalogue entry.</param>
/// <param name="Layers">Where it hangs, in the order of the model.</param>
/// <param name="TargetNames">How its file names these layers.</param>
public sealed record AdapterPlan(LoraSettings Settings, Architecture Architecture, IReadOnlyList<AdaptedLayer> Layers, IReadOnlyList<string> TargetNames)
{
    /// <summary>Trained values.</summary>
    public long Elements => Layers.Sum(layer => layer.Elements);

    /// <summary>Finds the layers that <paramref name="settings"/> mean.</summary>
    /// <exception cref="UserError">They mean none.</exception>
    public static AdapterPlan Of(LoraSettings settings, Architecture architecture, ModelConfig config)
    {
        var linears = config.LinearLayers();
        var layers = linears.Where(linear => settings.Targets.Match(linear.Path))
            .Select(linear => new AdaptedLayer(linear, settings.RankOf(linear.Path), settings.ScaleOf(linear.Path))).ToArray();
        if (layers.Length == 0) throw new UserError($"The targets of the adaptor match no linear layer of {architecture.ClassName}. {Known(linears)}");
        var head = Head(architecture, config);
        var others = linears.Select(linear => linear.Path).Except(layers.Select(layer => layer.Path)).Concat(head).ToArray();
        // Names are kept as they were given where they mean these layers and no others, of which the head could be one.
        var plain = settings.Targets is { Modules: { Pattern: null }, Excluded: null, Layers: null };
        var given = plain && !head.Any(settings.Targets.Match) ? settings.Targets.Modules!.Names : [.. layers.Select(layer => layer.Path)];
        return new AdapterPlan(settings, architecture, layers, MinimalSuffixes.Of([.. given.Distinct()], others));
    }

    /// <summary>What is wrong with the names that a person gave as targets, a sentence each.</summary>
    public static IEnumerable<string> Problems(IReadOnlyList<string> names, Architecture architecture, ModelConfig config)
    {
        var linears = config.LinearLayers();
        if (names.Count == 0) yield return $"target_modules is empty; name layers, or all of them by {TargetModules.AllLinear}.";
        if (names is [TargetModules.AllLinear]) yield break;
        foreach (var name in names.Where(name => !linears.Any(linear => ModuleNames.NameMatches(name, linear.Path))))
        {
            if (name == TargetModules.AllLinear) yield return $"target_modules has {TargetModules.AllLinear} beside other names; give it alone, or names only.";
            else if (architecture.LoraExclusions.Any(path => ModuleNames.NameMatches(name, path))) yield return $"target_modules has {name}, the output head, which gets no adaptor. {Known(linears)}";
            else
            {
                var near = Spelling.Nearest(name, linears.Select(linear => Leaf(linear.Path)).Distinct());
                yield return $"target_modules has {name}, which no linear layer of {architecture.ClassName} is called{(near is null ? "" : $"; did you mean {near}?")}{(near is null ? "." : "")} {Known(linears)}";
            }
        }
    }

    /// <summary>Output heads that are modules of their own in this model.</summary>
    private static string[] Head(Architecture architecture, ModelConfig config) =>
        [.. architecture.LoraExclusions.Where(path => config.Parameters.Any(parameter => parameter.Name == $"{path}.weight"))];

    private static string Known(IReadOnlyList<LinearShape> linears) =>
        $"Its layers are called {string.Join(", ", linears.Select(linear => Leaf(linear.Path)).Distinct())}; a name may have more of the path before it.";

    private static string Leaf(string path) => path[(path.LastIndexOf('.') + 1)..];
}
