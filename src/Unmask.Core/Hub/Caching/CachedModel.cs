using System.Text.Json.Nodes;

namespace Unmask.Core.Hub.Caching;

/// <summary>Looks at a model folder that somebody else put into the cache.</summary>
internal static class CachedModel
{
    private static readonly string[] Tokenizers = ["tokenizer.json", "vocab.txt", "vocab.json", "tokenizer.model"];

    /// <summary>Does it hold settings, a tokenizer, and every file of the weights?</summary>
    public static bool IsWhole(string folder, bool withWeights) =>
        Has(folder, "config.json") && Tokenizers.Any(name => Has(folder, name)) && (!withWeights || HasWeights(folder));

    private static bool HasWeights(string folder)
    {
        if (Has(folder, "model.safetensors")) return true;
        if (!Has(folder, "model.safetensors.index.json")) return false;
        try
        {
            return JsonInput.ReadObject(Path.Combine(folder, "model.safetensors.index.json"))["weight_map"] is JsonObject { Count: > 0 } map
                && map.All(tensor => tensor.Value is JsonValue file && Has(folder, file.ToString()));
        }
        catch (UserError)
        {
            return false;
        }
    }

    private static bool Has(string folder, string name) => HubCache.Length(Path.Combine(folder, name)) is not null;
}
