using Unmask.Engine.Modeling.Blocks;

namespace Unmask.Engine.Modeling.Architectures.ModernBert;

/// <summary>Names, shapes and start values of the tensors of <c>ModernBertForMaskedLM</c>.</summary>
internal static class ModernBertParameters
{
    public const string Embeddings = "model.embeddings.tok_embeddings.weight";
    public const string EmbeddingNorm = "model.embeddings.norm";
    public const string FinalNorm = "model.final_norm";
    public const string HeadDense = "head.dense";
    public const string HeadNorm = "head.norm";
    public const string Decoder = "decoder";
    public const string DecoderWeight = "decoder.weight";
    public const string DecoderBias = "decoder.bias";

    public static string Layer(int index) => $"model.layers.{index}";

    /// <summary>Tied decoders that a file may repeat, and buffers of rotary frequencies.</summary>
    public static bool IsIgnored(string name) => name is DecoderWeight || name.EndsWith("rotary_emb.inv_freq", StringComparison.Ordinal);

    public static IReadOnlyList<ParameterSpec> Of(ModernBertConfig config)
    {
        long d = config.Width, f = config.IntermediateWidth, v = config.VocabularySize;
        var inner = new Initialization.Normal(config.InitializerRange, config.InitializerCutoff);
        var outer = inner with { StandardDeviation = config.InitializerRange / Math.Sqrt(2.0 * config.Layers) };
        var specs = new List<ParameterSpec>();

        void Linear(string name, long rows, long columns, bool bias, Initialization start)
        {
            specs.Add(new ParameterSpec($"{name}.weight", [rows, columns], start));
            if (bias) specs.Add(new ParameterSpec($"{name}.bias", [rows], Initialization.Zeros));
        }

        void Norm(string name)
        {
            specs.Add(new ParameterSpec($"{name}.weight", [d], Initialization.Ones));
            if (config.NormBias) specs.Add(new ParameterSpec($"{name}.bias", [d], Initialization.Zeros));
        }

        var embeddings = new ParameterSpec(Embeddings, [v, d], inner);
        specs.Add(config.TiesEmbeddings ? embeddings with { OtherNames = [DecoderWeight] } : embeddings);
        Norm(EmbeddingNorm);
        for (var i = 0; i < config.Layers; i++)
        {
            var layer = Layer(i);
            // The embeddings come out normalized, so the first layer has no norm of its own.
            if (i > 0) Norm($"{layer}.attn_norm");
            Linear($"{layer}.attn.Wqkv", 3 * d, d, config.AttentionBias, inner);
            Linear($"{layer}.attn.Wo", d, d, config.AttentionBias, outer);
            Norm($"{layer}.mlp_norm");
            Linear($"{layer}.mlp.Wi", 2 * f, d, config.MlpBias, inner);
            Linear($"{layer}.mlp.Wo", d, f, config.MlpBias, outer);
        }

        Norm(FinalNorm);
        Linear(HeadDense, d, d, config.HeadBias, outer);
        Norm(HeadNorm);
        if (!config.TiesEmbeddings) specs.Add(new ParameterSpec(DecoderWeight, [v, d], outer));
        if (config.DecoderBias) specs.Add(new ParameterSpec(DecoderBias, [v], Initialization.Zeros));
        return specs;
    }
}
