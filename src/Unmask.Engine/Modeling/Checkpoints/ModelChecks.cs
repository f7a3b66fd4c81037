namespace Unmask.Engine.Modeling.Checkpoints;

/// <summary>Whether model, tokenizer and lengths fit together, told before any weight is loaded.</summary>
public static class ModelChecks
{
    /// <summary>Every reason why training or sampling would go wrong, a sentence each; empty when there is none.</summary>
    /// <param name="name">What the sentences call the model: its folder.</param>
    /// <param name="architecture">Its entry in the catalog.</param>
    /// <param name="config">Its configuration.</param>
    /// <param name="vocabulary">Facts of the tokenizer that will be used.</param>
    /// <param name="maxLength">Longest row that will be given to the model, or null when not known yet.</param>
    public static IReadOnlyList<string> Problems(string name, Architecture architecture, ModelConfig config, VocabularyFacts vocabulary, int? maxLength = null)
    {
        var problems = new List<string>();
        if (vocabulary.Mask is null)
        {
            problems.Add($"The tokenizer of {name} has no mask token, and without one there is nothing to denoise. "
                + $"Set \"mask_token\" in its tokenizer_config.json ({architecture.ClassName} uses {architecture.MaskToken}).");
        }

        if (vocabulary.Mask is { } mask && mask >= config.VocabularySize)
        {
            problems.Add($"The mask token has id {mask}, but the embedding table of {name} has {config.VocabularySize} rows. Use the tokenizer that belongs to the model.");
        }

        if (vocabulary.Pad is { } pad && pad >= config.VocabularySize)
        {
            problems.Add($"The padding token has id {pad}, but the embedding table of {name} has {config.VocabularySize} rows. Use the tokenizer that belongs to the model.");
        }

        foreach (var (part, id) in new[] { ("beginning-of-text", vocabulary.Bos), ("end-of-text", vocabulary.Eos), ("cls", vocabulary.Cls), ("sep", vocabulary.Sep) })
        {
            if (id >= config.VocabularySize && vocabulary.Listed <= config.VocabularySize)
                problems.Add($"The {part} token has id {id}, but the embedding table of {name} has {config.VocabularySize} rows. Name one of the model's own tokens in tokenizer_config.json.");
        }

        if (vocabulary.Listed > config.VocabularySize)
        {
            problems.Add($"The tokenizer has {vocabulary.Listed} tokens, but the embedding table of {name} has {config.VocabularySize} rows. Use the tokenizer that belongs to the model.");
        }

        if (maxLength > config.ContextLength)
        {
            problems.Add($"max_length is {maxLength}, but {name} has positions for {config.ContextLength} tokens. Set max_length to at most {config.ContextLength}.");
        }

        return problems;
    }

    /// <summary>As above, for a model folder.</summary>
    public static IReadOnlyList<string> Problems(ModelFolder folder, VocabularyFacts vocabulary, int? maxLength = null) =>
        Problems(folder.Path, folder.Architecture, folder.Config, vocabulary, maxLength);
}
