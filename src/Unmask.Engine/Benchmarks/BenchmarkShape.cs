using System.Text.Json.Nodes;

namespace Unmask.Engine.Benchmarks;

/// <summary>A published model size with random weights, and the batch it is timed on.</summary>
/// <param name="Name">As on the command line, such as bert-base.</param>
/// <param name="Config">What its config.json would say.</param>
/// <param name="Rows">Sequences of a step.</param>
/// <param name="Length">Tokens of the longest: the width that the plain way pads to.</param>
public sealed record BenchmarkShape(string Name, JsonObject Config, int Rows, int Length)
{
    /// <summary>Tokens of each sequence: evenly spread up to the longest, as rows of a real dataset are of different lengths.</summary>
    public int[] Lengths => [.. Enumerable.Range(1, Rows).Select(i => Length * i / Rows)];

    /// <summary>The shapes that can be timed.</summary>
    public static IReadOnlyList<BenchmarkShape> All { get; } =
    [
        new("bert-base", new JsonObject
        {
            ["architectures"] = new JsonArray("BertForMaskedLM"), ["model_type"] = "bert", ["vocab_size"] = 30522, ["hidden_size"] = 768,
            ["num_hidden_layers"] = 12, ["num_attention_heads"] = 12, ["intermediate_size"] = 3072, ["max_position_embeddings"] = 512,
            ["hidden_dropout_prob"] = 0.0, ["attention_probs_dropout_prob"] = 0.0,
        }, 4, 512),
        new("bert-base-dropout", new JsonObject
        {
            ["architectures"] = new JsonArray("BertForMaskedLM"), ["model_type"] = "bert", ["vocab_size"] = 30522, ["hidden_size"] = 768,
            ["num_hidden_layers"] = 12, ["num_attention_heads"] = 12, ["intermediate_size"] = 3072, ["max_position_embeddings"] = 512,
            ["hidden_dropout_prob"] = 0.1, ["attention_probs_dropout_prob"] = 0.1,
        }, 4, 512),
        new("modernbert-base", new JsonObject
        {
            ["architectures"] = new JsonArray("ModernBertForMaskedLM"), ["model_type"] = "modernbert", ["vocab_size"] = 50368, ["hidden_size"] = 768,
            ["num_hidden_layers"] = 22, ["num_attention_heads"] = 12, ["intermediate_size"] = 1152, ["max_position_embeddings"] = 8192,
        }, 4, 512),
        new("bert-mini", new JsonObject
        {
            ["architectures"] = new JsonArray("BertForMaskedLM"), ["model_type"] = "bert", ["vocab_size"] = 30522, ["hidden_size"] = 256,
            ["num_hidden_layers"] = 4, ["num_attention_heads"] = 4, ["intermediate_size"] = 1024, ["max_position_embeddings"] = 512,
            ["hidden_dropout_prob"] = 0.0, ["attention_probs_dropout_prob"] = 0.0,
        }, 4, 128),
    ];
}
