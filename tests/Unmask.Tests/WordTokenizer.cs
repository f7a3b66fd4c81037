using System.Text.Json.Nodes;

namespace Unmask.Tests;

/// <summary>A tokenizer whose tokens are words between blanks, with a template of questions (Q) and answers (A).</summary>
internal static class WordTokenizer
{
    /// <summary>Its special tokens, to come first among the words.</summary>
    public static IReadOnlyList<string> Special { get; } = ["[PAD]", "[BOS]", "[EOS]", "[MASK]", "[UNK]"];

    /// <summary>Writes its files into a folder.</summary>
    /// <param name="words">The token of each id.</param>
    public static void Write(string folder, IEnumerable<string> words)
    {
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray([.. Special.Select((token, id) => new JsonObject
            {
                ["id"] = id,
                ["content"] = token,
                ["single_word"] = false,
                ["lstrip"] = false,
                ["rstrip"] = false,
                ["normalized"] = false,
                ["special"] = true,
            })]),
            ["pre_tokenizer"] = new JsonObject { ["type"] = "Whitespace" },
            ["model"] = new JsonObject
            {
                ["type"] = "WordLevel",
                ["vocab"] = new JsonObject(words.Select((word, id) => KeyValuePair.Create<string, JsonNode?>(word, id))),
                ["unk_token"] = "[UNK]",
            },
        }.ToJsonString());
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), new JsonObject
        {
            ["tokenizer_class"] = "PreTrainedTokenizerFast",
            ["pad_token"] = "[PAD]",
            ["eos_token"] = "[EOS]",
            ["bos_token"] = "[BOS]",
            ["mask_token"] = "[MASK]",
            ["unk_token"] = "[UNK]",
            ["chat_template"] = "{% for m in messages %}{{ 'Q ' if m.role == 'user' else 'A ' }}{{ m.content }}{{ eos_token if m.role == 'assistant' }} {% endfor %}"
                + "{% if add_generation_prompt %}A {% endif %}",
        }.ToJsonString());
    }
}
