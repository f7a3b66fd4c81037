using System.Text.Json.Nodes;
using Unmask.Text.ChatTemplates.Jinja;
using Unmask.Text.Tokenizers;
using Unmask.Text.Tokenizers.Vocabularies;

namespace Unmask.Text.ChatTemplates;

/// <summary>
/// Renders conversations by a chat template and turns the text into token ids. Nothing is put round it: the template writes the special tokens itself. Special tokens that stand in a
/// message are text, never tokens. Safe to use from many threads.
/// </summary>
public sealed class ConversationTokens
{
    private const string Tools = "tools";

    private readonly Tokenizer _tokenizer;
    private readonly ChatTemplate _template;
    private readonly TemplateTraits _traits;
    private readonly Lazy<(ChatTemplate Template, TemplateTraits Traits)>? _withTools;
    private readonly Dictionary<string, TemplateValue> _variables;
    private readonly Dictionary<string, (int Id, AddedToken Token)> _special = new(StringComparer.Ordinal);
    private readonly SpecialTokenPlaces _places;
    private readonly bool _alwaysApart;
    private readonly Lazy<string?> _endOfTurn;

    /// <param name="variables">Switches for the template, such as <c>enable_thinking</c>; the special tokens (<c>bos_token</c> ...) are given to it anyway.</param>
    public ConversationTokens(Tokenizer tokenizer, ChatTemplate template, IEnumerable<KeyValuePair<string, TemplateValue>>? variables = null)
    {
        (_tokenizer, _template) = (tokenizer, template);
        _variables = TokenVariables(tokenizer);
        _endOfTurn = new Lazy<string?>(FindEndOfTurn);
        foreach (var (name, value) in variables ?? []) _variables[name] = value;
        _traits = new TemplateTraits(template, _variables);
        // The tokenizer's own template may be one of several.
        if (template.Source == tokenizer.ChatTemplate && tokenizer.ToolTemplate is { } tools) _withTools = new(() => WithTools(tools));
        foreach (var (id, token) in tokenizer.AddedTokens)
        {
            if (token is { Special: true, Content.Length: > 0 }) _special[token.Content] = (id, token);
        }

        _places = new SpecialTokenPlaces(_special.Keys);
        // Such tokens are looked for in normalized text, where other texts than the one that is guarded may become them.
        _alwaysApart = _special.Values.Any(entry => entry.Token.Normalized);
    }

    /// <summary>The text that the template writes right behind an answer; null where only the end-of-text token ends one.</summary>
    public string? EndOfTurn => _endOfTurn.Value;

    private string? FindEndOfTurn()
    {
        const string answer = "answer8c1f";
        var text = _template.Render([new Message(Message.User, "question"), new Message(Message.Assistant, answer)], addGenerationPrompt: false, _variables);
        var at = text.IndexOf(answer, StringComparison.Ordinal);
        var behind = at < 0 ? "" : text[(at + answer.Length)..].Trim().Split('\n')[0].Trim();
        return behind.Length == 0 || behind == _tokenizer.TokenOf(_tokenizer.Special.Eos ?? -1) ? null : behind;
    }

    /// <summary>Whether the template reads a name that a row may give it, such as <c>tools</c>.</summary>
    public bool Reads(string name) => _template.Reads(name) || (_withTools is not null && (name == Tools || _withTools.Value.Template.Reads(name)));

    /// <param name="addGenerationPrompt">Whether the ids end where the assistant would begin to speak.</param>
    /// <exception cref="UserError">The template fails on this conversation or refuses it.</exception>
    public int[] Encode(IReadOnlyList<Message> messages, bool addGenerationPrompt) => Encode(messages, addGenerationPrompt, context: null, out _);

    /// <param name="messages">The conversation.</param>
    /// <param name="addGenerationPrompt">Whether the ids end where the assistant would begin to speak.</param>
    /// <param name="context">What the row gives the template beside its messages, such as <c>tools</c>.</param>
    /// <param name="spelledOut">A special token that the conversation spells out, and that is encoded as the text it is; null where there is none.</param>
    /// <exception cref="UserError">The template fails on this conversation or refuses it.</exception>
    public int[] Encode(IReadOnlyList<Message> messages, bool addGenerationPrompt, IReadOnlyDictionary<string, JsonNode?>? context, out string? spelledOut)
    {
        var (template, traits) = For(context);
        var adapted = messages.Select(traits.Adapt).ToList();
        var texts = adapted.SelectMany(message => (IEnumerable<string>)[message.Role, message.Content, .. message.Parts ?? [], .. message.Extra?.Values.SelectMany(SpecialTokenGuard.Texts) ?? []]);
        var guard = new SpecialTokenGuard(_places, texts.Concat(context?.Values.SelectMany(SpecialTokenGuard.Texts) ?? []).Append(template.Source));
        var rendered = template.Render(adapted.Select(guard.Guard).ToList(), addGenerationPrompt, Variables(context, traits, guard.Guard));
        spelledOut = guard.SpelledOut;
        return guard.IsUsed || _alwaysApart ? EncodeApart(rendered, guard) : _tokenizer.Encode(rendered, addSpecialTokens: false, parseSpecialTokens: true).Ids;
    }

    /// <summary>The text that the template makes of a conversation, for people to read.</summary>
    /// <param name="messages">The conversation.</param>
    /// <param name="context">What the row gives the template beside its messages, such as <c>tools</c>.</param>
    /// <exception cref="UserError">The template fails on this conversation or refuses it.</exception>
    public string Render(IReadOnlyList<Message> messages, IReadOnlyDictionary<string, JsonNode?>? context = null)
    {
        var (template, traits) = For(context);
        return template.Render([.. messages.Select(traits.Adapt)], addGenerationPrompt: false, Variables(context, traits, static value => value));
    }

    /// <summary>A special token that a text spells out; null where there is none.</summary>
    public string? SpelledOut(string text) => _places.Set(text).Select(found => found.Token).FirstOrDefault();

    /// <summary>Text without a template: no special token is read from it or put round it.</summary>
    public int[] Encode(string text) => _tokenizer.Encode(text, addSpecialTokens: false, parseSpecialTokens: false).Ids;

    /// <summary>The template for a conversation, and what it can read. As in transformers, no list of tools and an empty one are two things.</summary>
    private (ChatTemplate Template, TemplateTraits Traits) For(IReadOnlyDictionary<string, JsonNode?>? context) =>
        _withTools is not null && context?.GetValueOrDefault(Tools) is not null ? _withTools.Value : (_template, _traits);

    private (ChatTemplate Template, TemplateTraits Traits) WithTools(string source)
    {
        var template = ChatTemplate.Parse(source, "The tokenizer's chat template 'tool_use'");
        return (template, new TemplateTraits(template, _variables));
    }

    /// <summary>What the template reads beside the conversation: the tokenizer's own, and over it what the row brings.</summary>
    private Dictionary<string, TemplateValue> Variables(IReadOnlyDictionary<string, JsonNode?>? context, TemplateTraits traits, Func<JsonNode?, JsonNode?> guard)
    {
        if (context is not { Count: > 0 }) return _variables;
        var all = new Dictionary<string, TemplateValue>(_variables, StringComparer.Ordinal);
        try
        {
            foreach (var (name, value) in context) all[name] = TemplateValue.From(guard(name == Tools && value is JsonArray tools ? traits.AdaptTools(tools) : value));
        }
        catch (TemplateFault fault)
        {
            throw new UserError($"What the row gives the chat template beside its messages cannot be read: {fault.Message}.");
        }

        return all;
    }

    private static Dictionary<string, TemplateValue> TokenVariables(Tokenizer tokenizer)
    {
        var special = tokenizer.Special;
        var variables = new Dictionary<string, TemplateValue>(StringComparer.Ordinal);
        (string, int?)[] ids =
            [("pad_token", special.Pad), ("eos_token", special.Eos), ("bos_token", special.Bos), ("mask_token", special.Mask), ("unk_token", special.Unk), ("cls_token", special.Cls), ("sep_token", special.Sep)];
        foreach (var (name, id) in ids)
        {
            if (id is { } known && tokenizer.TokenOf(known) is { } text) variables[name] = text;
        }

        return variables;
    }

    /// <summary>Sets the template's special tokens and takes what is between them as ordinary text; the whole is cut as one.</summary>
    private int[] EncodeApart(string rendered, SpecialTokenGuard guard)
    {
        var set = _places.Set(rendered).Select(found => new SetToken(found.At, found.At + found.Token.Length, _special[found.Token].Id)).ToList();
        // A guard stands for one character: the places stay.
        return _tokenizer.Encode(guard.Restore(rendered), set).Ids;
    }
}
