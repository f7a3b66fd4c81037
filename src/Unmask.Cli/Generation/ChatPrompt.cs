using Unmask.Engine.Text.Templates;

namespace Unmask.Cli.Generation;

/// <summary>Turns conversations into prompts by a chat template.</summary>
internal sealed class ChatPrompt
{
    private readonly TextModel _model;
    private readonly ConversationTokens _tokens;

    private ChatPrompt(TextModel model, ChatTemplate template)
    {
        _model = model;
        _tokens = new ConversationTokens(model.Tokenizer, template);
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
    public int[] Encode(IReadOnlyList<Message> messages) => _tokens.Encode(messages, addGenerationPrompt: true);

    /// <summary>What the template writes right behind an answer.</summary>
    private string? FindEndOfTurn()
    {
        const string answer = "7";
        var ids = _tokens.Encode([new Message(Message.User, "?"), new Message(Message.Assistant, answer)], addGenerationPrompt: false);
        var text = _model.Tokenizer.Decode(ids, skipSpecialTokens: false);
        var at = text.LastIndexOf(answer, StringComparison.Ordinal);
        var behind = at < 0 ? "" : text[(at + answer.Length)..].Trim().Split('\n')[0].Trim();
        return behind.Length == 0 ? null : behind;
    }
}
