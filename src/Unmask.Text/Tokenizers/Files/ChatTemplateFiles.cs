using System.Text.Json;
using System.Text.Json.Nodes;

namespace Unmask.Text.Tokenizers.Files;

/// <summary>The chat templates of a tokenizer by name, as transformers finds, chooses and saves them.</summary>
internal static class ChatTemplateFiles
{
    /// <summary>The template that a conversation takes.</summary>
    public const string Default = "default";

    /// <summary>The template that a conversation with tools takes.</summary>
    public const string ToolUse = "tool_use";

    private const string DefaultFile = "chat_template.jinja";
    private const string Folder = "additional_chat_templates";
    private const string Ending = ".jinja";
    private const int Most = 100;
    private const long LongestFile = 4L << 20;

    /// <summary>The templates in files of their own; empty where there are none.</summary>
    public static IReadOnlyDictionary<string, string> Read(string folder)
    {
        var templates = new Dictionary<string, string>(StringComparer.Ordinal);
        var single = Path.Combine(folder, DefaultFile);
        if (File.Exists(single)) templates[Default] = InputFile.ReadText(single, LongestFile);
        foreach (var file in FurtherFiles(folder)) templates[Path.GetFileName(file)[..^Ending.Length]] = InputFile.ReadText(Path.Combine(folder, file), LongestFile);
        return templates;
    }

    /// <summary>The files of those templates that are not the default, by their paths in the tokenizer's folder.</summary>
    /// <exception cref="UserError">There are too many.</exception>
    public static IReadOnlyList<string> FurtherFiles(string folder)
    {
        var several = Path.Combine(folder, Folder);
        if (!Directory.Exists(several)) return [];
        var files = Directory.EnumerateFiles(several, "*" + Ending).Take(Most + 1).Select(file => $"{Folder}/{Path.GetFileName(file)}").Order(StringComparer.Ordinal).ToList();
        return files.Count <= Most ? files : throw new UserError($"{several} holds more than {Most} chat templates; a tokenizer may have at most that. Check that it is the right folder.");
    }

    /// <summary>The templates that tokenizer_config.json holds: a text, or a list of texts with names.</summary>
    public static IReadOnlyDictionary<string, string> Of(JsonObject config)
    {
        var templates = new Dictionary<string, string>(StringComparer.Ordinal);
        if (Text(config["chat_template"]) is { } single) templates[Default] = single;
        foreach (var entry in (config["chat_template"] as JsonArray ?? []).OfType<JsonObject>())
        {
            if (Text(entry["name"]) is { } name && Text(entry["template"]) is { } template) templates[name] = template;
        }

        return templates;
    }

    /// <summary>
    /// The template for a conversation without tools; null where there are no templates. Where there are some and none is called default, a conversation cannot be written,
    /// which this template says: it is chosen like any other, and those for other conversations beside it.
    /// </summary>
    public static string? ForAll(IReadOnlyDictionary<string, string> templates)
    {
        if (templates.Count == 0 || templates.TryGetValue(Default, out var template)) return templates.GetValueOrDefault(Default);
        var names = string.Join(", ", templates.Keys.Order(StringComparer.Ordinal));
        var sentence = $"the tokenizer has several chat templates and none of them is called default; they are {names}. Save the one that is meant as a .jinja file and give its path as chat_template.";
        return "{{ raise_exception(" + JsonSerializer.Serialize(sentence) + ") }}";
    }

    /// <summary>Writes each into a file of its own.</summary>
    /// <exception cref="UserError">The name of one cannot be the name of a file.</exception>
    public static void Write(IReadOnlyDictionary<string, string> templates, string folder)
    {
        foreach (var (name, template) in templates)
        {
            if (name == Default)
            {
                File.WriteAllText(Path.Combine(folder, DefaultFile), template);
                continue;
            }

            if (name.Length == 0 || name.AsSpan().IndexOfAny('/', '\\', '\0') >= 0)
            {
                throw new UserError($"The tokenizer has a chat template called \"{name}\", which cannot be the name of a file. Give it another name in tokenizer_config.json.");
            }

            var several = Directory.CreateDirectory(Path.Combine(folder, Folder));
            File.WriteAllText(Path.Combine(several.FullName, name + Ending), template);
        }
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
