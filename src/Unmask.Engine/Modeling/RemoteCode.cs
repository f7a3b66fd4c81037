using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Unmask.Engine.Modeling;

/// <summary>
/// Where transformers finds the code of a model that it does not have itself: the key <c>auto_map</c>, from the names of Auto classes to
/// <c>owner/name--module.Class</c>. Without an owner the module must be a file beside the weights, and no such file is ever copied, so a reference without one is given
/// the owner it came from, or taken out.
/// </summary>
/// <param name="Repository">Published repository of the Hugging Face Hub with the code.</param>
/// <param name="Classes">What its config.json maps, without the repository.</param>
public sealed partial record RemoteCode(string Repository, IReadOnlyDictionary<string, string> Classes)
{
    /// <summary>Its tokenizer class, without the repository; null where transformers has it.</summary>
    public string? Tokenizer { get; init; }

    private const string Key = "auto_map";
    private const string ConfigClass = "AutoConfig";

    private static readonly string[] OlderFiles = ["vocab.json", "vocab.txt", "tokenizer.model"];

    /// <summary>Lets a config.json name code that is not beside it.</summary>
    /// <param name="config">The file.</param>
    /// <param name="published">The code of its architecture; null where transformers has it.</param>
    /// <param name="folder">Where the file lies; null for nowhere yet.</param>
    internal static void Complete(JsonObject config, RemoteCode? published, string? folder)
    {
        var kept = new JsonObject();
        var origin = folder is null ? null : OriginOf(folder);
        foreach (var (auto, reference) in config[Key] as JsonObject ?? [])
        {
            if (Qualified(Text(reference), published, published?.Classes.GetValueOrDefault(auto), origin) is { } found) kept[auto] = found;
        }

        // Configuration and model must be of one repository: half a map is none.
        if (published is not null && !(kept.ContainsKey(ConfigClass) && kept.Any(pair => pair.Key.StartsWith("AutoModel", StringComparison.Ordinal))))
        {
            kept = new JsonObject(published.Classes.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)$"{published.Repository}--{pair.Value}")));
        }

        if (kept.Count > 0) config[Key] = kept;
        else config.Remove(Key);
    }

    /// <summary>Lets a tokenizer_config.json name code that is not beside it, or no code where tokenizer.json says everything.</summary>
    /// <param name="config">The file.</param>
    /// <param name="published">The code of the model's architecture; null where transformers has it.</param>
    /// <param name="folder">Where the file lies.</param>
    /// <param name="hasTokenizerJson">Whether tokenizer.json goes along.</param>
    /// <returns>Whether anything was changed.</returns>
    internal static bool CompleteTokenizer(JsonObject config, RemoteCode? published, string folder, bool hasTokenizerJson)
    {
        const string Auto = "AutoTokenizer";
        if (config[Key] is not JsonObject map) return false;
        var origin = OriginOf(folder);
        var before = map.ToJsonString();
        // A pair of the slow and the fast class, either of them null, or the slow one alone.
        var classes = map[Auto] is JsonArray pair ? pair.Select(Text).ToArray() : [Text(map[Auto])];
        var found = classes.Select(name => Qualified(name, published, published?.Tokenizer, origin)).ToArray();
        // The older files are read by the slow class.
        var canRead = !hasTokenizerJson || (found.Length > 1 && found[^1] is not null) || OlderFiles.Any(name => File.Exists(Path.Combine(folder, name)));
        if (canRead && classes.Zip(found).All(both => both.First is null || both.Second is not null) && found.Any(name => name is not null))
        {
            map[Auto] = new JsonArray([.. found.Select(name => (JsonNode?)name)]);
            return map.ToJsonString() != before;
        }

        config.Remove(Key);
        if (hasTokenizerJson) config["tokenizer_class"] = "PreTrainedTokenizerFast";
        return true;
    }

    private static string? Qualified(string? reference, RemoteCode? published, string? known, string? origin)
    {
        if (reference is null) return null;
        if (WithOwner().IsMatch(reference)) return reference;
        if (!WithoutOwner().IsMatch(reference)) return null;
        if (origin is not null) return $"{origin}--{reference}";
        return reference == known ? $"{published!.Repository}--{reference}" : null;
    }

    /// <summary>Owner and name of the repository whose download a folder is, by the layout of the cache that all Hugging Face libraries share; null for others.</summary>
    private static string? OriginOf(string folder)
    {
        const string Prefix = "models--";
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            if (at.Parent?.Name == "snapshots" && at.Parent.Parent?.Name is { } name && name.StartsWith(Prefix, StringComparison.Ordinal) && name.IndexOf("--", Prefix.Length, StringComparison.Ordinal) is > 0 and var cut)
            {
                return $"{name[Prefix.Length..cut]}/{name[(cut + 2)..]}";
            }
        }

        return null;
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    [GeneratedRegex(@"^[\w.-]+/[\w.-]+?--[\w/]+\.\w+\z", RegexOptions.NonBacktracking)]
    private static partial Regex WithOwner();

    [GeneratedRegex(@"^[\w/]+\.\w+\z", RegexOptions.NonBacktracking)]
    private static partial Regex WithoutOwner();
}
