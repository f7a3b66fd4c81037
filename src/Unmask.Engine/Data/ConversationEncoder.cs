using System.Text.Json.Nodes;
using Unmask.Engine.Data.Rows.Values;
using Unmask.Text.ChatTemplates;

namespace Unmask.Engine.Data;

/// <summary>
/// Makes training examples of conversations: only the last message is trained on, everything before it is prompt, up to and including the header that the template writes before
/// an answer. Source: the default SFT map of the dllm library. Safe to use from many threads.
/// </summary>
/// <param name="tokens">Template and tokenizer.</param>
/// <param name="maskPromptLoss">False trains on the prompt and the template's words as well (setting <c>mask_prompt_loss</c>).</param>
public sealed class ConversationEncoder(ConversationTokens tokens, bool maskPromptLoss = true)
{
    /// <summary>Tokens before a border that may be others once text follows.</summary>
    private const int TokensAtBorder = 2;

    private readonly EncodingNotices _notices = new();

    /// <summary>What is noticed while rows are encoded, and how many rows it concerns.</summary>
    public EncodingNotices Notices => _notices;

    /// <inheritdoc cref="ConversationTokens.EndOfTurn"/>
    public string? EndOfTurn => tokens.EndOfTurn;

    /// <param name="index">Place of the row in its dataset.</param>
    /// <param name="messages">A conversation of at least two messages (one, when the prompt is trained on as well).</param>
    /// <param name="context">What the row gives the template beside its messages, such as <c>tools</c>; null for nothing.</param>
    /// <exception cref="UserError">The template fails on this conversation or refuses it.</exception>
    public Example Encode(long index, IReadOnlyList<Message> messages, IReadOnlyDictionary<string, JsonNode?>? context = null)
    {
        var ids = tokens.Encode(messages, addGenerationPrompt: false, context, out var spelledOut);
        _notices.SpellsOut(spelledOut);
        if (context is not null) _notices.Unread(Unread(context));
        if (!maskPromptLoss) return new Example(index, ids, 0);
        if (messages.Count < 2) throw new UserError($"A conversation of {messages.Count} messages has no prompt and answer; it needs at least a user's message and an assistant's.");
        return new Example(index, ids, PromptLength(messages, ids, context));
    }

    /// <summary>A plain text has no prompt and is trained on as a whole.</summary>
    public Example Encode(long index, string text)
    {
        _notices.SpellsOut(tokens.SpelledOut(text));
        return new Example(index, tokens.Encode(text), 0);
    }

    /// <exception cref="UserError">The row is a problem, or the template refuses it.</exception>
    public Example Encode(long index, ConvertedRow row)
    {
        if (row.Problem is not null) throw new UserError(row.Problem);
        if (row.Messages is null) return Encode(index, row.Text ?? "");
        foreach (var name in row.NotGiven ?? [])
        {
            if (tokens.Reads(name)) _notices.NotGiven(name);
        }

        return Encode(index, row.Messages, row.Context);
    }

    /// <summary>The text that <see cref="Encode(long, ConvertedRow)"/> tokenizes, for people to read.</summary>
    /// <exception cref="UserError">The template refuses the row.</exception>
    public string Render(ConvertedRow row) => row.Messages is null ? row.Text ?? "" : tokens.Render(row.Messages, row.Context);

    /// <summary>The ids to generate after: the conversation and the header of an answer.</summary>
    /// <exception cref="UserError">The template fails on this conversation or refuses it.</exception>
    public int[] EncodePrompt(IReadOnlyList<Message> messages, IReadOnlyDictionary<string, JsonNode?>? context = null) => tokens.Encode(messages, addGenerationPrompt: true, context, out _);

    /// <summary>What the row brings for nothing. Functions are tools by another name: a template reads one of the two.</summary>
    private IEnumerable<string> Unread(IReadOnlyDictionary<string, JsonNode?> context)
    {
        const string tools = "tools", functions = "functions";
        var both = context.ContainsKey(tools) && context.ContainsKey(functions);
        return context.Keys.Where(name => !tokens.Reads(name) && !(both && (name == tools || (name == functions && tokens.Reads(tools)))));
    }

    private int PromptLength(IReadOnlyList<Message> messages, int[] ids, IReadOnlyDictionary<string, JsonNode?>? context)
    {
        IReadOnlyList<Message> before = [.. messages.Take(messages.Count - 1)];
        var prompt = EncodePrompt(before, context);
        var common = ids.AsSpan().CommonPrefixLength(prompt);
        if (common == prompt.Length) return common;

        // The generation prompt has something that the answer has not (an opened <think>), or a token spans the border: what both have in common is given, the rest is learned.
        var header = HeaderStart(before, prompt, context);
        if (common >= header - TokensAtBorder)
        {
            _notices.PromptIsNoPrefix();
            return common;
        }

        // The template writes earlier turns in another way once an answer follows: the answer begins behind the last of its headers.
        _notices.EarlierTurnsChange();
        return AnswerBegins(ids, prompt.AsSpan(header), common);
    }

    /// <summary>Where in a prompt the header of the answer begins; 0 where the template refuses a conversation that waits for an answer without it.</summary>
    private int HeaderStart(IReadOnlyList<Message> before, int[] prompt, IReadOnlyDictionary<string, JsonNode?>? context)
    {
        try
        {
            return prompt.AsSpan().CommonPrefixLength(tokens.Encode(before, addGenerationPrompt: false, context, out _));
        }
        catch (UserError)
        {
            return 0;
        }
    }

    /// <summary>Where the answer begins: behind the last place of the answer's header, or of as much of its start as can be found.</summary>
    private static int AnswerBegins(ReadOnlySpan<int> ids, ReadOnlySpan<int> header, int least)
    {
        for (var length = header.Length; length > 0; length--)
        {
            var at = ids.LastIndexOf(header[..length]);
            if (at >= 0 && at + length >= least) return at + length;
        }

        return least;
    }
}
