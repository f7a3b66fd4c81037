using System.Text.Json.Nodes;

namespace Unmask.Engine.Modeling.Architectures;

/// <summary>Which architecture a config.json asks for, and what a person should know of how it asks.</summary>
/// <param name="Architecture">Its entry in the catalog.</param>
/// <param name="Notices">Sentences; none where both are named as they should be.</param>
public sealed record AskedClass(Architecture Architecture, IReadOnlyList<string> Notices)
{
    private const string ClassesKey = "architectures";
    private const string TypeKey = "model_type";

    private static readonly string[] ModelKeys = ["AutoModelForMaskedLM", "AutoModelForCausalLM", "AutoModel"];

    /// <summary>Reads <c>architectures</c>, else <c>auto_map</c>, else <c>model_type</c>.</summary>
    /// <param name="config">The file.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <exception cref="UserError">It names none, or one that is not supported.</exception>
    public static AskedClass Of(JsonObject config, string path)
    {
        var notices = new List<string>();
        var named = Named(config[ClassesKey], path, notices);
        var type = ModelType(config[TypeKey], path);
        var classes = named.Length > 0 ? named : ClassOfCode(config["auto_map"] as JsonObject);
        if (classes.Length == 0 && type is null) throw new UserError($"{path} names no architecture: it has neither \"{ClassesKey}\" nor \"{TypeKey}\". Supported are: {ModelCatalog.Known}.");
        var byType = ModelCatalog.All.FirstOrDefault(entry => entry.ModelType == type);
        if (classes.Length == 0)
        {
            if (byType is null) throw NotSupported(path, type!);
            notices.Add($"{path} names no class under \"{ClassesKey}\"; it is read as {byType.ClassName}, which its {TypeKey} {type} stands for.");
            return new AskedClass(byType, notices);
        }

        var found = ModelCatalog.All.FirstOrDefault(entry => classes.Contains(entry.ClassName)) ?? ModelCatalog.All.FirstOrDefault(entry => classes.Any(name => IsReadAs(entry, name)));
        if (found is null || (type is not null && found != byType)) throw NotSupported(path, found is null ? string.Join(", ", classes.Select(name => Excerpt.Of(name))) : $"{found.ClassName} with the {TypeKey} {Excerpt.Of(type!)}");
        if (found.Code is null && config["auto_map"] is JsonObject code && ModelKeys.Any(key => Text(code[key]) is not null)) notices.Add($"{path} names code of its own (auto_map), which is not run; the model is read as the {found.ClassName} of transformers.");
        if (classes is not [var only] || only != found.ClassName) notices.Add($"{path} names {string.Join(", ", classes.Select(name => Excerpt.Of(name)))}; it is read as {found.ClassName}.");
        return new AskedClass(found, notices);
    }

    private static bool IsReadAs(Architecture entry, string name) => name == entry.BodyClass || entry.SameClasses.Contains(name);

    private static string[] Named(JsonNode? node, string path, List<string> notices)
    {
        if (node is null) return [];
        if (Text(node) is { } alone)
        {
            notices.Add($"{path} has \"{ClassesKey}\" as a text; transformers wants a list with that text in it.");
            return [alone];
        }

        var names = node is JsonArray list ? list.Select(Text).ToArray() : [null];
        return names.All(name => name is { Length: > 0 }) ? [.. names.OfType<string>()] : throw new UserError($"{path}: {ClassesKey} is {Excerpt.Of(node.ToJsonString())}. It must be a list with the name of the model's class.");
    }

    private static string? ModelType(JsonNode? node, string path) => node is null ? null
        : Text(node) is { Length: > 0 } text ? text : throw new UserError($"{path}: {TypeKey} is {Excerpt.Of(node.ToJsonString())}. It must be a text such as {ModelCatalog.All[0].ModelType}.");

    /// <summary>Class name that files of a repository's own code name: <c>owner/name--module.Class</c>.</summary>
    private static string[] ClassOfCode(JsonObject? map)
    {
        return ModelKeys.Select(key => Text(map?[key])).FirstOrDefault(reference => reference is { Length: > 0 }) is { } found ? [found[(found.LastIndexOf('.') + 1)..]] : [];
    }

    private static UserError NotSupported(string path, string asked) => new($"{path} asks for the architecture {Excerpt.Of(asked)}, which is not supported. Supported are: {ModelCatalog.Known}.");

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
