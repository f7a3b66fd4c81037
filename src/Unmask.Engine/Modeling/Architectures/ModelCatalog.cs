using System.Text.Json.Nodes;
using Unmask.Engine.Modeling.Architectures.Bert;
using Unmask.Engine.Modeling.Architectures.Dream;
using Unmask.Engine.Modeling.Architectures.Llada;
using Unmask.Engine.Modeling.Architectures.ModernBert;

namespace Unmask.Engine.Modeling.Architectures;

/// <summary>The architectures this program knows, one entry each.</summary>
public static class ModelCatalog
{
    public static IReadOnlyList<Architecture> All { get; } = [BertArchitecture.Entry, ModernBertArchitecture.Entry, DreamArchitecture.Entry, LladaArchitecture.Entry];

    /// <summary>All of them, for a sentence.</summary>
    internal static string Known => string.Join(", ", All.Select(entry => $"{entry.ClassName} ({entry.ModelType})"));

    /// <summary>The entry called <paramref name="name"/> (its model type, or its class).</summary>
    /// <exception cref="UserError">There is none.</exception>
    public static Architecture Named(string name) =>
        All.FirstOrDefault(entry => entry.ModelType.Equals(name, StringComparison.OrdinalIgnoreCase) || entry.ClassName == name)
        ?? throw new UserError($"Architecture '{name}' is unknown. Known are: {Known}.");

    /// <summary>The entry a config.json asks for.</summary>
    /// <exception cref="UserError">The file names none, or one that is not known.</exception>
    public static Architecture For(JsonObject config, string path) => AskedClass.Of(config, path).Architecture;
}
