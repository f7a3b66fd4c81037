using System.Text.Json.Nodes;

using Unmask.Core;
using Unmask.Engine.Models.Bert;
using Unmask.Engine.Models.Dream;
using Unmask.Engine.Models.Llada;
using Unmask.Engine.Models.ModernBert;

namespace Unmask.Engine.Models;

/// <summary>The architectures this program knows, one entry each.</summary>
public static class ModelCatalog
{
    public static IReadOnlyList<Architecture> All { get; } = [BertArchitecture.Entry, ModernBertArchitecture.Entry, DreamArchitecture.Entry, LladaArchitecture.Entry];

    private static string Known => string.Join(", ", All.Select(entry => $"{entry.ClassName} ({entry.ModelType})"));

    /// <summary>The entry called <paramref name="name"/> (class name or model type).</summary>
    /// <exception cref="UserError">There is none.</exception>
    public static Architecture Named(string name) =>
        All.FirstOrDefault(entry => entry.ModelType.Equals(name, StringComparison.OrdinalIgnoreCase) || entry.ClassName == name)
        ?? throw new UserError($"Architecture '{name}' is unknown. Known are: {Known}.");

    /// <summary>The entry a config.json asks for: by <c>architectures</c>, else by <c>model_type</c>.</summary>
    /// <exception cref="UserError">The file names none, or one that is not known.</exception>
    public static Architecture For(JsonObject config, string path)
    {
        var classes = config["architectures"] is JsonArray array ? array.Select(item => item?.ToString() ?? "").ToArray() : [];
        var modelType = config["model_type"]?.ToString();
        var found = All.FirstOrDefault(entry => classes.Contains(entry.ClassName)) ?? All.FirstOrDefault(entry => entry.ModelType == modelType);
        if (found is not null) return found;
        if (classes.Length == 0 && modelType is null) throw new UserError($"{path} names no architecture: it has neither \"architectures\" nor \"model_type\". Known are: {Known}.");
        var asked = classes.Length > 0 ? string.Join(", ", classes) : modelType;
        throw new UserError($"{path} asks for the architecture {asked}, which is not supported. Supported are: {Known}.");
    }
}
