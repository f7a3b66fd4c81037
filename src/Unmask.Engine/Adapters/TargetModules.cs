using System.Globalization;
using System.Text.RegularExpressions;

namespace Unmask.Engine.Adapters;

/// <summary>Names of modules, or one regular expression over whole paths, as adapter files have them.</summary>
/// <param name="Names">A path matches a name that it equals or ends with after a dot.</param>
/// <param name="Pattern">Matched against the whole path; null where there are names.</param>
public sealed record ModuleNames(IReadOnlyList<string> Names, string? Pattern = null)
{
    private readonly Regex? regex = Pattern is null ? null : PathExpression.Parse($@"\A(?:{Pattern})\z");

    public bool Match(string path) => regex is { } expression ? PathExpression.Find(expression, path).Success : Names.Any(name => NameMatches(name, path));

    /// <summary>The rule of peft: the whole path, or its end after a dot.</summary>
    public static bool NameMatches(string name, string path) => path == name || path.EndsWith("." + name, StringComparison.Ordinal);
}

/// <summary>Which linear layers have an adapter.</summary>
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

    /// <summary>The names in a setting: in a list, or joined by commas.</summary>
    public static IReadOnlyList<string> NamesIn(IEnumerable<string> setting) =>
        [.. setting.SelectMany(text => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Distinct()];

    public bool Match(string path) => Modules?.Match(path) != false && Excluded?.Match(path) != true && (Layers is null || LayerOf(path) is { } layer && Layers.Contains(layer));

    private int? LayerOf(string path)
    {
        foreach (var name in LayerNames.DefaultIfEmpty(@"[^.]*"))
        {
            var found = PathExpression.Find(PathExpression.Parse($@"\A.*\.{name}\.(\d+)\."), path);
            if (found.Success && int.TryParse(found.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var layer)) return layer;
        }

        return null;
    }
}
