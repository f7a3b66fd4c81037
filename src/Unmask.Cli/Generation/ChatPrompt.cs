using Unmask.Core;
using Unmask.Engine.Text;
using Unmask.Engine.Text.Templates;
using Unmask.Engine.Text.Templates.Jinja;

namespace Unmask.Cli.Generation;

/// <summary>Turns conversations into prompts by a chat template.</summary>
internal sealed class ChatPrompt
{
    private readonly TextModel _model;
    private readonly ChatTemplate _template;
    private readonly Dictionary<string, TemplateValue> _variables;

    private ChatPrompt(TextModel model, ChatTemplate template)
    {
        _model = model;
        _template = template;
        _variables = VariablesOf(model.Tokenizer);
        EndOfTurn = FindEndOfTurn();
    }

    /// <summary>The text that ends an answer, or null where only the end-of-text token does.</summary>
    public string? EndOfTurn { get; }

    /// <summary>The prompts of <paramref name="choice"/>, or of the tokenizer's own template; null when neither is there.</summary>
    public static ChatPrompt? For(TextModel model, string? choice)
    {
        if (choice is null && model.Tokenizer.ChatTemplate is null) return null;
        return new ChatPrompt(model, ChatTemplate.Choose(choice ?? "tokenizer", model.Tokenizer.ChatTemplate));
    }

    /// <summary>Token ids of a single question, up to where the answer begins.</summary>
    public int[] Ask(string question) => Encode([new Message(Message.User, question)]);

    /// <summary>Token ids of a conversation, up to where the answer begins.</summary>
    /// <exception cref="UserError">A message spells out a special token, which would be read as one.</exception>
    public int[] Encode(IReadOnlyList<Message> messages)
    {
        var tokenizer = _model.Tokenizer;
        foreach (var message in messages)
        {
            var asText = tokenizer.Encode(message.Content, addSpecialTokens: false, parseSpecialTokens: false).Ids;
            var parsed = tokenizer.Encode(message.Content, addSpecialTokens: false, parseSpecialTokens: true).Ids;
            if (parsed.AsSpan().SequenceEqual(asText)) continue;
            var tokens = parsed.Except(asText).Select(tokenizer.TokenOf);
            throw new UserError($"The text spells out a special token of this model ({string.Join(", ", tokens)}), which would be read as one. Write it another way.");
        }

        var text = _template.Render(messages, addGenerationPrompt: true, _variables);
        return tokenizer.Encode(text, addSpecialTokens: false, parseSpecialTokens: true).Ids;
    }

    /// <summary>What the template writes right behind an answer.</summary>
    private string? FindEndOfTurn()
    {
        const string answer = "answer8c1f";
        var text = _template.Render([new Message(Message.User, "question"), new Message(Message.Assistant, answer)], addGenerationPrompt: false, _variables);
        var at = text.IndexOf(answer, StringComparison.Ordinal);
        var behind = at < 0 ? "" : text[(at + answer.Length)..].Trim().Split('\n')[0].Trim();
        return behind.Length == 0 ? null : behind;
    }

    /// <summary>The special tokens by the names that templates use.</summary>
    private static Dictionary<string, TemplateValue> VariablesOf(Tokenizer tokenizer)
    {
        var special = tokenizer.Special;
        (string Name, int? Id)[] tokens =
        [
            ("bos_token", special.Bos), ("eos_token", special.Eos), ("pad_token", special.Pad), ("unk_token", special.Unk),
            ("cls_token", special.Cls), ("sep_token", special.Sep), ("mask_token", special.Mask),
        ];
        var variables = new Dictionary<string, TemplateValue>();
        foreach (var (name, id) in tokens)
        {
            if (id is { } known && tokenizer.TokenOf(known) is { } text) variables[name] = text;
        }

        return variables;
    }
}
