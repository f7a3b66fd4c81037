using Unmask.Core.Parameters;

namespace Unmask.Engine.Modeling.Adapters.Targets;

/// <summary>Which modules have an adapter.</summary>
/// <param name="Modules">Names or an expression; null for every linear layer but the output head ("all-linear").</param>
public sealed record TargetModules(ModuleNames? Modules)
{
    /// <summary>The word for every linear layer but the output head.</summary>
    public const string AllLinear = "all-linear";

    /// <summary>What is taken out again; null for nothing.</summary>
    public ModuleNames? Excluded { get; init; }

    /// <summary>Numbers of the only layers that are adapted; null for all.</summary>
    public IReadOnlyList<int>? Layers { get; init; }

    /// <summary>What stands before the layer's number in a path; any one part where empty.</summary>
    public IReadOnlyList<string> LayerNames { get; init; } = [];

    /// <summary>From a list of settings or of a file: <see cref="AllLinear"/> alone, or names.</summary>
    public static TargetModules Of(IReadOnlyList<string> names) => new(names is [AllLinear] ? null : new ModuleNames(names));

    /// <summary>What the settings of a run say.</summary>
    public static TargetModules Of(TrainParameters parameters) => new(ModuleNames.In(parameters.TargetModules) is var modules && modules is { Pattern: null, Names: [AllLinear] } ? null : modules)
    {
        Excluded = parameters.ExcludeModules.Count == 0 ? null : ModuleNames.In(parameters.ExcludeModules),
        Layers = parameters.LayersToTransform.Count == 0 ? null : [.. NumbersIn(parameters.LayersToTransform).Select(number => (int)Math.Min(number, int.MaxValue))],
        LayerNames = NamesIn(parameters.LayersPattern),
    };

    /// <summary>The names in a setting: in a list, or joined by commas.</summary>
    public static IReadOnlyList<string> NamesIn(IEnumerable<string> setting) =>
        [.. setting.SelectMany(text => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Distinct()];

    /// <summary>The whole numbers in a setting; what is none is left out.</summary>
    public static IEnumerable<long> NumbersIn(IEnumerable<string> setting) =>
        NamesIn(setting).Select(text => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1).Where(number => number >= 0);

    /// <summary>Whether a path is meant. One that is named in full is meant whatever the number of its layer, as in peft.</summary>
    public bool Match(string path) => Modules?.Match(path) != false && Excluded?.Match(path) != true
        && (Layers is null || Modules?.Names.Contains(path) == true || LayerOf(path) is { } layer && Layers.Contains(layer));

    /// <summary>The number of the layer that a path lies in; null for none.</summary>
    internal int? LayerOf(string path) => LayerNames.DefaultIfEmpty(@"[^.]*").Select(name => LayerAfter(name, path)).FirstOrDefault(layer => layer is not null);

    /// <summary>The number after a name, which may be an expression, in a path.</summary>
    internal static int? LayerAfter(string name, string path) =>
        PathExpression.Find(PathExpression.ParseBeginning($@".*?\.{name}\.(\d+)\."), path) is { Success: true } found && int.TryParse(found.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var layer) ? layer : null;
}
