using Unmask.Engine.Generation.Decoding;
using Unmask.Text.Tokenizers;

namespace Unmask.Engine.Generation;

/// <summary>Reads the answer out of a finished row, the same way wherever a model writes: to the first end token, and to the text that ends a turn.</summary>
/// <param name="tokenizer">The model's tokenizer.</param>
/// <param name="tokens">Its special tokens.</param>
/// <param name="endOfTurn">Text that ends an answer beside the end-of-text token; null for none.</param>
public sealed class AnswerText(Tokenizer tokenizer, SamplerTokens tokens, string? endOfTurn)
{
    /// <summary>Tokens that end an answer: end of text and, where it is a token, end of turn.</summary>
    public int[] EndTokens { get; } =
        endOfTurn is not null && tokenizer.IdOf(endOfTurn) is { } end && end != tokens.End ? [tokens.End, end] : [tokens.End];

    /// <summary>The answer behind a prompt of <paramref name="promptLength"/> tokens.</summary>
    public string Of(ReadOnlySpan<int> row, int promptLength) =>
        OutputTrim.Text(tokenizer.Decode(OutputTrim.Answer(row, promptLength, EndTokens), skipSpecialTokens: true), endOfTurn ?? "").Trim();

    /// <summary>As <see cref="Of"/> for a row that is not finished: masks show as the mask token.</summary>
    public string Unfinished(ReadOnlySpan<int> row, int promptLength) =>
        tokenizer.Decode(OutputTrim.Answer(row, promptLength, EndTokens), skipSpecialTokens: false);
}
