using Unmask.Core;
using Unmask.Engine.Data.Rows;
using Unmask.Engine.Text.Templates;

namespace Unmask.Engine.Data;

/// <summary>
/// Makes training examples of conversations: only the last message is trained on, everything before it is prompt, up to and including the header that the template writes before
/// an answer. Source: the default SFT map of the dllm library. Safe to use from many threads.
/// </summary>
/// <param name="tokens">Template and tokenizer.</param>
/// <param name="maskPromptLoss">False trains on the prompt and the template's words as well (setting <c>mask_prompt_loss</c>).</param>
public sealed class ConversationEncoder(ConversationTokens tokens, bool maskPromptLoss = true)
{
    private long _clampedPrompts;
    private long _unalignedPrompts;

    /// <summary>Conversations whose prompt alone gave more tokens than the whole: a template that does not extend its own prompt. Their prompt was cut to the whole, which leaves nothing to train on.</summary>
    public long ClampedPrompts => Interlocked.Read(ref _clampedPrompts);

    /// <summary>Conversations whose prompt is not how the whole begins (a token spans the border, or the template changes earlier turns); the prompt's length is used as it is.</summary>
    public long UnalignedPrompts => Interlocked.Read(ref _unalignedPrompts);

    /// <inheritdoc cref="ConversationTokens.EndOfTurn"/>
    public string? EndOfTurn => tokens.EndOfTurn;

    /// <param name="index">Place of the row in its data set.</param>
    /// <param name="messages">A conversation of at least two messages (one, when the prompt is trained on as well).</param>
    /// <exception cref="UserError">The template fails on this conversation or refuses it.</exception>
    public Example Encode(long index, IReadOnlyList<Message> messages)
    {
        var ids = tokens.Encode(messages, addGenerationPrompt: false);
        if (!maskPromptLoss) return new Example(index, ids, 0);
        if (messages.Count < 2) throw new UserError($"A conversation of {messages.Count} messages has no prompt and answer; it needs at least a user's message and an assistant's.");
        var prompt = tokens.Encode([.. messages.Take(messages.Count - 1)], addGenerationPrompt: true);
        if (prompt.Length > ids.Length) Interlocked.Increment(ref _clampedPrompts);
        else if (!ids.AsSpan().StartsWith(prompt)) Interlocked.Increment(ref _unalignedPrompts);
        return new Example(index, ids, Math.Min(prompt.Length, ids.Length));
    }

    /// <summary>A plain text has no prompt and is trained on as a whole.</summary>
    public Example Encode(long index, string text) => new(index, tokens.Encode(text), 0);

    /// <exception cref="UserError">The row is a problem, or the template refuses it.</exception>
    public Example Encode(long index, ConvertedRow row)
    {
        if (row.Problem is not null) throw new UserError(row.Problem);
        return row.Messages is null ? Encode(index, row.Text ?? "") : Encode(index, row.Messages);
    }

    /// <summary>The text that <see cref="Encode(long, ConvertedRow)"/> tokenises, for people to read.</summary>
    /// <exception cref="UserError">The template refuses the row.</exception>
    public string Render(ConvertedRow row) => row.Messages is null ? row.Text ?? "" : tokens.Render(row.Messages);

    /// <summary>The ids to generate after: the conversation and the header of an answer.</summary>
    /// <exception cref="UserError">The template fails on this conversation or refuses it.</exception>
    public int[] EncodePrompt(IReadOnlyList<Message> messages) => tokens.Encode(messages, addGenerationPrompt: true);
}
