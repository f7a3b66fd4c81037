namespace Unmask.Core.Protocol;

/// <summary>Asks for the tokens of a text.</summary>
/// <param name="Model">Folder with a tokenizer: of a model, an adapter, or its own.</param>
/// <param name="Text">The text.</param>
public sealed record TokenizeRequest(string Model, string Text) : EngineRequest<TokenizedText>, IRepeatableRequest
{
    /// <summary>Put the special tokens of the tokenizer's template round the text.</summary>
    public bool AddSpecialTokens { get; init; }

    /// <summary>Read special tokens that are spelled out in the text as such.</summary>
    public bool ParseSpecialTokens { get; init; }
}

/// <summary>A text as tokens.</summary>
/// <param name="Tokens">The tokens; their texts, joined, are the decoded text.</param>
public sealed record TokenizedText(IReadOnlyList<TextToken> Tokens);

/// <summary>A token of a text.</summary>
/// <param name="Id">Token id.</param>
/// <param name="Text">What it adds to the decoded text.</param>
/// <param name="Token">The token itself, as the vocabulary has it.</param>
/// <param name="Special">Whether it is a special token.</param>
public sealed record TextToken(int Id, string Text, string Token, bool Special);
