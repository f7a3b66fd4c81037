using Unmask.Text.Tokenizers;

namespace Unmask.Engine.Generation.Decoding;

/// <summary>The special tokens that the sampler needs.</summary>
/// <param name="Mask">Stands for what is to be generated.</param>
/// <param name="End">Ends a text and fills the canvas behind shorter rows.</param>
/// <param name="Begin">Stands in for an empty prompt where logits are shifted.</param>
public sealed record SamplerTokens(int Mask, int End, int? Begin = null)
{
    /// <summary>Tokens that no text holds; suppressed at every step, whatever the options say.</summary>
    public IReadOnlyList<int> NeverWritten { get; init; } = [];

    /// <summary>Those of a tokenizer for text: a mask is never written, nor a row of the vocabulary that stands for no token (an embedding padded to a round size has such rows).</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="modelVocabulary">Tokens that the model gives logits for.</param>
    /// <exception cref="UserError">The tokenizer has no mask token, or nothing that ends a text, or more tokens than the model.</exception>
    public static SamplerTokens Of(Tokenizer tokenizer, int modelVocabulary)
    {
        var special = tokenizer.Special;
        var problems = new List<string>();
        if (special.Mask is null) problems.Add("The tokenizer has no mask token, so its model cannot denoise. Set \"mask_token\" in tokenizer_config.json.");
        if (special.Eos is null && special.Pad is null) problems.Add("The tokenizer has neither an end-of-text nor a padding token. Set \"eos_token\" in tokenizer_config.json.");
        if (tokenizer.ListedSize > modelVocabulary) problems.Add($"The tokenizer has {tokenizer.ListedSize} tokens but the model only {modelVocabulary}; they do not belong together. Use the tokenizer that the model was trained with.");
        foreach (var (name, id) in special.All())
        {
            if (tokenizer.ListedSize <= modelVocabulary && id >= modelVocabulary)
                problems.Add($"The tokenizer's {name} token {tokenizer.TokenOf(id.Value)} has id {id}, but the model has only {modelVocabulary} tokens. Name one of the model's tokens as {name}_token in tokenizer_config.json.");
        }

        UserError.ThrowIfAny(problems);
        var mask = special.Mask!.Value;
        return new SamplerTokens(mask, special.Eos ?? special.Pad!.Value, special.Bos)
        {
            NeverWritten = [mask, .. Enumerable.Range(tokenizer.VocabularySize, Math.Max(0, modelVocabulary - tokenizer.VocabularySize))],
        };
    }
}
