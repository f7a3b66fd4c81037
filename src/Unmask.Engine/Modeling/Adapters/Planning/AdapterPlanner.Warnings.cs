using Unmask.Engine.Modeling.Adapters.Targets;

namespace Unmask.Engine.Modeling.Adapters.Planning;

/// <summary>What is named in the settings and is not there.</summary>
internal sealed partial class AdapterPlanner
{
    private void WarnOfTies()
    {
        if (settings.KeepsTies && !keepsTie) warnings.Add(modules.TiedTo is null
            ? $"ensure_weight_tying is true, but embeddings and output head of this {architecture.ClassName} are not two modules that share a table; it changes nothing."
            : $"ensure_weight_tying is true, but target_modules and modules_to_save name no module that is called embed_tokens or lm_head, which is all that peft keeps the same; embeddings and output head of this {architecture.ClassName} are adapted each by itself, as there.");
    }

    private void WarnOfNames()
    {
        string[] paths = [.. modules.Paths, .. modules.Adaptable.Select(shape => shape.Path)];
        if (settings.Targets is { Modules: { Pattern: null } named })
        {
            var unused = named.Names.Where(name => !paths.Any(path => ModuleNames.NameMatches(name, path))).ToArray();
            if (unused.Length > 0) warnings.Add($"target_modules has {Some(unused)}, which no module of {architecture.ClassName} is called.");
        }

        if (settings.Targets.Excluded is { } excluded && !paths.Any(excluded.Match)) warnings.Add($"exclude_modules ({excluded.Pattern ?? Some(excluded.Names)}) matches no module of {architecture.ClassName}.");
    }

    private void WarnOfLayerNumbers()
    {
        string[] paths = [.. modules.Adaptable.Select(shape => shape.Path)];
        var unused = settings.Targets.LayerNames.Where(name => !paths.Any(path => TargetModules.LayerAfter(name, path) is not null)).ToArray();
        if (unused.Length > 0) warnings.Add($"layers_pattern has {Some(unused)}, after which no number of a layer stands in {architecture.ClassName}.");
        if (settings.Targets.Layers is not { } numbers || paths.Select(settings.Targets.LayerOf).OfType<int>().ToHashSet() is not { Count: > 0 } there) return;
        var missing = numbers.Where(number => !there.Contains(number)).Distinct().Select(number => $"{number}").ToArray();
        if (missing.Length > 0) warnings.Add($"layers_to_transform has {Some(missing)}; the layers of this {architecture.ClassName} are {there.Min()} to {there.Max()}.");
    }

    private void WarnOfPatterns(AdaptedLayer[] layers)
    {
        foreach (var (key, expressions) in new[] { ("rank_pattern", settings.RankPattern.Select(pair => pair.Key)), ("alpha_pattern", settings.AlphaPattern.Select(pair => pair.Key)) })
        {
            var idle = expressions.Where(expression => !layers.Any(layer => LoraSettings.PatternMatches(expression, layer.Path))).ToArray();
            if (idle.Length > 0) warnings.Add($"{key} has {Some(idle)}, which matches no layer with an adapter.");
        }
    }
}
