using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Architectures;
using Unmask.Engine.Modeling.Checkpoints;

namespace Unmask.Tests.Models;

/// <summary>Settings of models small enough for tests, under the keys that each architecture has for them.</summary>
internal static class SmallConfigs
{
    /// <param name="architecture">Name in the catalog.</param>
    /// <param name="vocabulary">Facts of the tokenizer.</param>
    /// <param name="tied">Whether the decoder is the embedding table.</param>
    /// <param name="more">Other values of config.json; keys that an architecture does not have are left out.</param>
    public static ModelConfig Of(string architecture, VocabularyFacts vocabulary, bool tied, int width, int intermediate, int layers, int heads, params (string Key, string Value)[] more)
    {
        var entry = ModelCatalog.Named(architecture);
        var known = entry.DefaultConfig();
        (string Key, string Value)[] all =
        [
            (entry.SizeKeys.Width, $"{width}"),
            (entry.SizeKeys.Intermediate, $"{intermediate}"),
            (entry.SizeKeys.Layers, $"{layers}"),
            (entry.SizeKeys.Heads, $"{heads}"),
            (entry.SizeKeys.KeyValueHeads, $"{heads / 2}"),
            ("max_position_embeddings", "32"),
            ("max_sequence_length", "32"),
            ("tie_word_embeddings", tied ? "true" : "false"),
            ("weight_tying", tied ? "true" : "false"),
            .. more,
        ];
        return NewModel.Configure(entry, "tiny", vocabulary, all.Where(setting => known.ContainsKey(setting.Key)).ToDictionary(setting => setting.Key, setting => setting.Value));
    }
}
