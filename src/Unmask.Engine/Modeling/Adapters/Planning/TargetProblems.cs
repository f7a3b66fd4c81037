using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Validation;
using Unmask.Engine.Modeling.Adapters.Targets;

namespace Unmask.Engine.Modeling.Adapters.Planning;

/// <summary>What is wrong with the modules that the settings of a run name, told before anything starts.</summary>
public static class TargetProblems
{
    /// <summary>Each wrong setting and a sentence on it.</summary>
    public static IReadOnlyList<Problem> Of(TrainParameters parameters, Architecture architecture, ModelConfig config)
    {
        try
        {
            PathExpression.Begin();
            var modules = ModelModules.Of(architecture, config);
            List<Problem> problems = [.. Targets(parameters, architecture, modules), .. Others(parameters, architecture, modules)];
            if (problems.Count > 0) return problems;
            var plan = AdapterPlan.Of(LoraSettings.Of(parameters, baseModel: ""), architecture, config);
            return [.. plan.Warnings.Select(sentence => Problem.Warning(Named(sentence), sentence))];
        }
        catch (UserError error)
        {
            return [.. error.Problems.Select(sentence => Problem.Error(Named(sentence), sentence))];
        }
    }

    /// <summary>What is wrong with names of targets, a sentence each.</summary>
    public static IEnumerable<string> Of(IReadOnlyList<string> names, Architecture architecture, ModelConfig config) => Names(names, architecture, ModelModules.Of(architecture, config));

    private static IEnumerable<Problem> Targets(TrainParameters parameters, Architecture architecture, ModelModules modules)
    {
        var given = ModuleNames.In(parameters.TargetModules);
        if (given.Pattern is null) return Names(given.Names, architecture, modules).Select(sentence => Problem.Error("target_modules", sentence));
        if (parameters.LayersToTransform.Count > 0) return [Problem.Error("layers_to_transform", "layers_to_transform is given, but target_modules is a regular expression, which says by itself what it means; name modules, or put the layers into the expression.")];
        return modules.Adaptable.Any(shape => given.Match(shape.Path)) ? []
            : [Problem.Error("target_modules", $"target_modules is the regular expression {given.Pattern}, which matches the whole path of no layer of {architecture.ClassName}, such as {modules.Linears[0].Path}.")];
    }

    private static IEnumerable<string> Names(IReadOnlyList<string> names, Architecture architecture, ModelModules modules)
    {
        if (names.Count == 0) yield return $"target_modules is empty; name layers, or all of them by {TargetModules.AllLinear}.";
        if (names is [TargetModules.AllLinear]) yield break;
        foreach (var name in names.Where(name => !modules.Adaptable.Any(shape => ModuleNames.NameMatches(name, shape.Path))))
        {
            if (name == TargetModules.AllLinear) yield return $"target_modules has {TargetModules.AllLinear} beside other names; give it alone, or names only.";
            else
            {
                var near = Spelling.Nearest(name, modules.Adaptable.Select(shape => ModelModules.Leaf(shape.Path)).Distinct());
                yield return $"target_modules has {name}, which no linear layer of {architecture.ClassName} is called{(near is null ? "." : $"; did you mean {near}?")} {modules.KnownLinears()}";
            }
        }
    }

    private static IEnumerable<Problem> Others(TrainParameters parameters, Architecture architecture, ModelModules modules)
    {
        if (parameters.ExcludeModules.Count > 0 && ModuleNames.In(parameters.ExcludeModules) is var excluded && !modules.Adaptable.Any(shape => excluded.Match(shape.Path)))
        {
            yield return Problem.Error("exclude_modules", $"exclude_modules is {string.Join(", ", parameters.ExcludeModules)}, which matches no layer of {architecture.ClassName}. {modules.KnownLinears()}");
        }

        foreach (var (name, setting) in new[] { ("layers_to_transform", parameters.LayersToTransform), ("trainable_token_indices", parameters.TrainableTokenIndices) })
        {
            var wrong = TargetModules.NamesIn(setting).Where(text => text.Length > 9 || !text.All(char.IsAsciiDigit)).ToArray();
            if (wrong.Length > 0) yield return Problem.Error(name, $"{name} has {wrong[0]}. It must be a list of whole numbers from 0.");
        }

        if (parameters is { LayersPattern.Count: > 0, LayersToTransform.Count: 0 }) yield return Problem.Error("layers_pattern", "layers_pattern is given, but layers_to_transform is not. Set layers_to_transform too, or neither.");
    }

    /// <summary>The setting that a sentence begins with.</summary>
    private static string Named(string sentence) =>
        new[] { "modules_to_save", "trainable_token_indices", "exclude_modules", "layers_to_transform", "layers_pattern" }.FirstOrDefault(name => sentence.StartsWith(name, StringComparison.Ordinal)) ?? "target_modules";
}
