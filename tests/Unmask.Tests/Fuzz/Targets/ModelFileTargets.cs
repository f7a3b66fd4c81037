using Unmask.Core.Parameters.Recipes;
using Unmask.Engine.Modeling.Adapters;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Engine.Modeling.Checkpoints.Safetensors;
using Unmask.Text.ChatTemplates;
using Unmask.Text.ChatTemplates.Jinja;
using Unmask.Text.Tokenizers;

namespace Unmask.Tests.Fuzz.Targets;

/// <summary>Files of models, tokenizers and adapters, recipes and chat templates.</summary>
internal static class ModelFileTargets
{
    private static readonly string[] Json = ["null", "true", "[]", "{}", "-1", "1e9", "2147483647", "9223372036854775807", "\"\"", "0.5", "\\ud83d", "[[[[[[[[", "{\"a\":"];

    public static IEnumerable<IFuzzTarget> All =>
    [
        new FolderTarget("safetensors", "model.safetensors", Safetensors(), ReadWeights, [.. Json, "\"dtype\":\"F32\"", "\"BF16\"", "\"data_offsets\":[0,4]", "\"shape\":[]", "__metadata__"]),
        new FolderTarget("config.json", "config.json", Texts("config.json"), folder => _ = ModelFolder.Open(folder).Config, [.. Json, "\"num_hidden_layers\":", "\"hidden_size\":", "\"layer_types\":", "\"rope_scaling\":"]),
        new FolderTarget("adapter_config.json", "adapter_config.json", Texts("adapter_config.json"), folder => _ = AdapterFolder.Open(folder).Settings, [.. Json, "\"target_modules\":", ".*", "(a+)+$", "\"modules_to_save\":", "\"rank_pattern\":{"]),
        new FolderTarget("tokenizer.json", "tokenizer.json", SmallTokenizers.All.Select(text => System.Text.Encoding.UTF8.GetBytes(text)), ReadTokenizer, [.. Json, "\"Replace\"", "\"Regex\":", "(a+)+", "\"added_tokens\":[", "\"type\":\"BPE\"", "\"type\":\"Sequence\"", "\u2581"]),
        new FolderTarget("recipe", "recipe.yaml", Recipes(), folder => _ = Recipe.Load(Path.Combine(folder, "recipe.yaml")).Check(), "? &a [*a]\n", "- - - - ", "[[[[[", "{a: {b: ", "&x", "*x", "|\n", "!!binary ", "---\n", "batch_size: ", "\t", "1e999", "0x7fffffffffffffff"),
        new FolderTarget("chat template", "chat_template.jinja", Templates(), ReadTemplate, "{{", "}}", "{%", "%}", "{% for m in messages %}", "{% endfor %}", "{% if ", "loop.", " | join", "range(99999999)", "{% set ns = namespace() %}", "{% macro a() %}{{ a() }}{% endmacro %}", "* 99999999", "messages[", "'a' * 9", "**"),
    ];

    private static void ReadWeights(string folder)
    {
        using var file = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors"));
    }

    private static void ReadTokenizer(string folder)
    {
        var tokenizer = Tokenizer.Load(folder);
        var ids = tokenizer.Encode("Hello wörld, it's 1234 [MASK] days.\n\tgo \uD83D\uDE00", addSpecialTokens: true).Ids;
        _ = tokenizer.Decode(ids, skipSpecialTokens: false);
    }

    private static void ReadTemplate(string folder)
    {
        var template = ChatTemplate.Parse(File.ReadAllText(Path.Combine(folder, "chat_template.jinja")));
        Message[] messages = [new(Message.System, "Be kind."), new(Message.User, "Hi, what is 1 + 1?"), new(Message.Assistant, "Two."), new(Message.User, "And 2?")];
        _ = template.Render(messages, addGenerationPrompt: true, new Dictionary<string, TemplateValue> { ["bos_token"] = "<s>", ["eos_token"] = "</s>" });
    }

    private static IEnumerable<byte[]> Texts(string name) =>
        new[] { Path.Combine(Fixtures.Golden), Path.Combine(Fixtures.Data, "models") }.SelectMany(root => Directory.EnumerateFiles(root, name, SearchOption.AllDirectories))
            // A model that is not read is no seed.
            .Where(path => !path.Contains("qwen2-bidirectional", StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(File.ReadAllBytes);

    private static IEnumerable<byte[]> Recipes() => Directory.EnumerateFiles(Path.Combine(Fixtures.Root, "recipes"), "*.yaml", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(File.ReadAllBytes);

    private static IEnumerable<byte[]> Templates() => BuiltInTemplates.All.Select(template => System.Text.Encoding.UTF8.GetBytes(template.Source));

    private static IEnumerable<byte[]> Safetensors()
    {
        string[] headers =
        [
            """{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"b.weight":{"dtype":"BF16","shape":[3],"data_offsets":[16,22]},"c":{"dtype":"U8","shape":[2],"data_offsets":[22,24]}}""",
            """{"a":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"b":{"dtype":"F16","shape":[0,4],"data_offsets":[8,8]},"c":{"dtype":"F64","shape":[2],"data_offsets":[8,24]}}""",
        ];
        foreach (var header in headers)
        {
            var bytes = System.Text.Encoding.UTF8.GetBytes(header.PadRight((header.Length + 7) / 8 * 8));
            yield return [.. BitConverter.GetBytes((long)bytes.Length), .. bytes, .. new byte[24]];
        }
    }
}
