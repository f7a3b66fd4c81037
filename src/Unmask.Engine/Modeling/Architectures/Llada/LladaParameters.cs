using Unmask.Engine.Modeling.Blocks;

namespace Unmask.Engine.Modeling.Architectures.Llada;

/// <summary>Names, shapes and start values of the tensors of <c>LLaDAModelLM</c>.</summary>
internal static class LladaParameters
{
    public const string Embeddings = "model.transformer.wte.weight";
    public const string FinalNorm = "model.transformer.ln_f";

    /// <summary>The output head. A block's down projection has the same last name.</summary>
    public const string Head = "model.transformer.ff_out";

    public static string Layer(LladaConfig config, int index) => config.GroupSize == 1
        ? $"model.transformer.blocks.{index}"
        : $"model.transformer.block_groups.{index / config.GroupSize}.{index % config.GroupSize}";

    /// <summary>Tied heads that a file may repeat, and buffers of rotary frequencies.</summary>
    public static bool IsIgnored(string name) => name == $"{Head}.weight" || name.EndsWith("rotary_emb.inv_freq", StringComparison.Ordinal);

    public static IReadOnlyList<ParameterSpec> Of(LladaConfig config)
    {
        long d = config.Width, f = config.IntermediateWidth, v = config.VocabularySize, e = (long)config.KeyValueHeads * config.HeadWidth;
        var start = new LladaStart(config);
        var specs = new List<ParameterSpec>();

        void Linear(string name, long rows, long columns, bool bias, Initialization weight)
        {
            specs.Add(new ParameterSpec($"{name}.weight", [rows, columns], weight));
            if (bias) specs.Add(new ParameterSpec($"{name}.bias", [rows], Initialization.Zeros));
        }

        void Norm(string name, long size, bool weight)
        {
            if (!weight) return;
            specs.Add(new ParameterSpec($"{name}.weight", [size], Initialization.Ones));
            if (config.NormBias) specs.Add(new ParameterSpec($"{name}.bias", [size], Initialization.Zeros));
        }

        var embeddings = new ParameterSpec(Embeddings, [v, d], start.Embeddings);
        specs.Add(config.TiesEmbeddings ? embeddings with { OtherNames = [$"{Head}.weight"] } : embeddings);
        Norm(FinalNorm, d, config.NormWeight);
        for (var i = 0; i < config.Layers; i++)
        {
            var layer = Layer(config, i);
            if (config.QueryKeyNorm)
            {
                Norm($"{layer}.k_norm", e, config.QueryKeyNormWeight);
                Norm($"{layer}.q_norm", d, config.QueryKeyNormWeight);
            }

            Linear($"{layer}.attn_out", d, d, config.Bias, start.Out(i, d));
            Linear($"{layer}.ff_out", d, f, config.Bias, start.Out(i, f));
            Norm($"{layer}.attn_norm", d, config.NormWeight);
            Norm($"{layer}.ff_norm", d, config.NormWeight);
            Linear($"{layer}.q_proj", d, d, config.QueryKeyValueBias, start.In);
            Linear($"{layer}.k_proj", e, d, config.QueryKeyValueBias, start.In);
            Linear($"{layer}.v_proj", e, d, config.QueryKeyValueBias, start.In);
            Linear($"{layer}.ff_proj", f, d, config.Bias, start.In);
            Linear($"{layer}.up_proj", f, d, config.Bias, start.In);
        }

        if (!config.TiesEmbeddings) Linear(Head, v, d, config.Bias, start.Head);
        return specs;
    }
}
