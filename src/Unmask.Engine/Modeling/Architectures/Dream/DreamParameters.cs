using Unmask.Engine.Modeling.Blocks;

namespace Unmask.Engine.Modeling.Architectures.Dream;

/// <summary>Names, shapes and start values of the tensors of <c>DreamModel</c>.</summary>
internal static class DreamParameters
{
    public const string Embeddings = "model.embed_tokens.weight";
    public const string FinalNorm = "model.norm";
    public const string HeadModule = "lm_head";
    public const string Head = "lm_head.weight";

    public static string Layer(int index) => $"model.layers.{index}";

    /// <summary>Tied heads that a file may repeat, and buffers of rotary frequencies.</summary>
    public static bool IsIgnored(string name) => name is Head || name.EndsWith("rotary_emb.inv_freq", StringComparison.Ordinal);

    public static IReadOnlyList<ParameterSpec> Of(DreamConfig config)
    {
        long d = config.Width, f = config.IntermediateWidth, v = config.VocabularySize, e = (long)config.KeyValueHeads * config.HeadWidth;
        var normal = new Initialization.Normal(config.InitializerRange);
        var specs = new List<ParameterSpec>();

        void Linear(string name, long rows, long columns, bool bias = false)
        {
            specs.Add(new ParameterSpec($"{name}.weight", [rows, columns], normal));
            if (bias) specs.Add(new ParameterSpec($"{name}.bias", [rows], Initialization.Zeros));
        }

        void Norm(string name) => specs.Add(new ParameterSpec($"{name}.weight", [d], Initialization.Ones));

        var embeddings = new ParameterSpec(Embeddings, [v, d], normal with { ZeroRow = config.PadId });
        specs.Add(config.TiesEmbeddings ? embeddings with { OtherNames = [Head] } : embeddings);
        for (var i = 0; i < config.Layers; i++)
        {
            var layer = Layer(i);
            Linear($"{layer}.self_attn.q_proj", d, d, bias: true);
            Linear($"{layer}.self_attn.k_proj", e, d, bias: true);
            Linear($"{layer}.self_attn.v_proj", e, d, bias: true);
            Linear($"{layer}.self_attn.o_proj", d, d);
            Linear($"{layer}.mlp.gate_proj", f, d);
            Linear($"{layer}.mlp.up_proj", f, d);
            Linear($"{layer}.mlp.down_proj", d, f);
            Norm($"{layer}.input_layernorm");
            Norm($"{layer}.post_attention_layernorm");
        }

        Norm(FinalNorm);
        if (!config.TiesEmbeddings) specs.Add(new ParameterSpec(Head, [v, d], normal));
        return specs;
    }
}
