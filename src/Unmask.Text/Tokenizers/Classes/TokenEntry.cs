using System.Text.Json.Nodes;
using Unmask.Text.Json;
using Unmask.Text.Tokenizers.Vocabularies;

namespace Unmask.Text.Tokenizers.Classes;

/// <summary>An added token as a file writes it.</summary>
/// <param name="Normalized">Null where the file leaves it out: then special tokens are not, others are.</param>
internal sealed record TokenEntry(
    string Content, bool Special, bool LeftStrip = false, bool RightStrip = false, bool SingleWord = false, bool? Normalized = null)
{
    public static TokenEntry Read(JsonField field) => new(
        field.String("content"), field.Bool("special", false), field.Bool("lstrip", false), field.Bool("rstrip", false), field.Bool("single_word", false),
        field.OptionalBool("normalized"));

    /// <param name="place">Where the token is written, for messages.</param>
    public static TokenEntry Read(JsonNode? node, string place, ClassSettings settings)
    {
        if (node is not JsonObject token || ClassSettings.TextOf(node) is not { } text) throw settings.Error(place, node, "an object with \"content\"");
        return new(text, Flag("special") ?? false, Flag("lstrip") ?? false, Flag("rstrip") ?? false, Flag("single_word") ?? false, Flag("normalized"));

        bool? Flag(string name) => token[name] switch
        {
            null => null,
            JsonValue value when value.TryGetValue(out bool flag) => flag,
            var other => throw settings.Error($"{place}.{name}", other, "true or false"),
        };
    }

    /// <param name="special">Makes it special whatever the file says.</param>
    public AddedToken ToToken(bool special) =>
        new(Content, Special || special, LeftStrip, RightStrip, SingleWord, Normalized ?? !(Special || special));
}
