using System.Text.RegularExpressions;
using Unmask.Core.Inputs;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Unmask.Core.Hub.Datasets;

/// <summary>A configuration of a dataset, as its card declares it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsDefault">Is it meant where none is named?</param>
/// <param name="Splits">Patterns of files for each split; the split "" is for files whose own names tell it.</param>
internal sealed record DatasetConfig(string Name, bool IsDefault, IReadOnlyList<(string Split, IReadOnlyList<string> Patterns)> Splits);

/// <summary>The YAML at the top of a dataset's README.md.</summary>
internal static class DatasetCard
{
    private const string Fence = "---";

    /// <summary>The configurations that the card declares under <c>configs</c>; none where it declares none, or nothing that can be read.</summary>
    public static IReadOnlyList<DatasetConfig> Configs(string readme)
    {
        string text = readme.TrimStart('\ufeff').ReplaceLineEndings("\n");
        if (!text.StartsWith(Fence + "\n", StringComparison.Ordinal)) return [];
        int end = text.IndexOf("\n" + Fence, Fence.Length, StringComparison.Ordinal);
        if (end < 0) return [];
        YamlNode? card;
        try
        {
            card = YamlInput.Load(text[(Fence.Length + 1)..(end + 1)]);
        }
        catch (YamlException)
        {
            return [];
        }

        return card is YamlMappingNode root && At(root, "configs") is YamlSequenceNode configs
            ? [.. configs.Children.OfType<YamlMappingNode>().Select(Config).Where(config => config.Splits.Count > 0)]
            : [];
    }

    /// <summary>A pattern of files: * stays in one folder, ** does not; a folder means what is in it.</summary>
    /// <exception cref="UserError">It is too long.</exception>
    public static Regex Pattern(string pattern) => Glob.OfPaths(pattern);

    private static DatasetConfig Config(YamlMappingNode node)
    {
        string folder = (At(node, "data_dir") as YamlScalarNode)?.Value?.Trim('/') is { Length: > 0 } named ? named + "/" : "";
        var splits = At(node, "data_files") switch
        {
            YamlScalarNode or YamlSequenceNode { Children: [YamlScalarNode, ..] } => [("train", Texts(At(node, "data_files")))],
            YamlMappingNode map => map.Children.Select(split => ((split.Key as YamlScalarNode)?.Value ?? "", Texts(split.Value))),
            YamlSequenceNode list => list.Children.OfType<YamlMappingNode>().Select(entry => ((At(entry, "split") as YamlScalarNode)?.Value ?? "train", Texts(At(entry, "path")))),
            _ => folder.Length > 0 ? [("", (IReadOnlyList<string>)["**"])] : [],
        };
        return new DatasetConfig(
            (At(node, "config_name") as YamlScalarNode)?.Value ?? "default",
            (At(node, "default") as YamlScalarNode)?.Value == "true",
            [.. splits.Select(split => (split.Item1, (IReadOnlyList<string>)[.. split.Item2.Select(pattern => folder + pattern)]))]);
    }

    private static IReadOnlyList<string> Texts(YamlNode? node) => node switch
    {
        YamlScalarNode { Value: { Length: > 0 } one } => [one],
        YamlSequenceNode list => [.. list.Children.OfType<YamlScalarNode>().Select(one => one.Value).OfType<string>()],
        _ => [],
    };

    private static YamlNode? At(YamlMappingNode node, string key) => node.Children.TryGetValue(new YamlScalarNode(key), out var value) ? value : null;
}
