using Unmask.Engine.Modeling.Blocks;

namespace Unmask.Engine.Modeling.Architectures.Bert;

/// <summary>Names, shapes and start values of the tensors of <c>BertForMaskedLM</c>.</summary>
internal static class BertParameters
{
    public const string WordEmbeddings = "bert.embeddings.word_embeddings.weight";
    public const string PositionEmbeddings = "bert.embeddings.position_embeddings.weight";
    public const string TypeEmbeddings = "bert.embeddings.token_type_embeddings.weight";
    public const string EmbeddingNorm = "bert.embeddings.LayerNorm";
    public const string Head = "cls.predictions.transform";
    public const string OutputBias = "cls.predictions.bias";
    public const string Decoder = "cls.predictions.decoder";
    public const string DecoderWeight = "cls.predictions.decoder.weight";
    public const string DecoderBias = "cls.predictions.decoder.bias";

    public static string Layer(int index) => $"bert.encoder.layer.{index}";

    /// <summary>Tensors of other heads and buffers of old versions, which masked language modeling has no use for.</summary>
    public static bool IsIgnored(string name) =>
        name.StartsWith("bert.pooler.", StringComparison.Ordinal)
        || name.StartsWith("cls.seq_relationship.", StringComparison.Ordinal)
        || name is "bert.embeddings.position_ids" or "bert.embeddings.token_type_ids" or DecoderWeight or DecoderBias or OutputBias;

    public static IReadOnlyList<ParameterSpec> Of(BertConfig config)
    {
        long d = config.Width, f = config.IntermediateWidth, v = config.VocabularySize;
        var normal = new Initialization.Normal(config.InitializerRange);
        var specs = new List<ParameterSpec>();

        void Linear(string name, long rows, long columns)
        {
            specs.Add(new ParameterSpec($"{name}.weight", [rows, columns], normal));
            specs.Add(new ParameterSpec($"{name}.bias", [rows], Initialization.Zeros));
        }

        // The first BERT files came from TensorFlow, where a norm has gamma and beta.
        void Norm(string name)
        {
            specs.Add(new ParameterSpec($"{name}.weight", [d], Initialization.Ones, $"{name}.gamma"));
            specs.Add(new ParameterSpec($"{name}.bias", [d], Initialization.Zeros, $"{name}.beta"));
        }

        var words = new ParameterSpec(WordEmbeddings, [v, d], normal with { ZeroRow = config.PadId });
        specs.Add(config.TiesEmbeddings ? words with { OtherNames = [DecoderWeight] } : words);
        specs.Add(new ParameterSpec(PositionEmbeddings, [config.ContextLength, d], normal));
        specs.Add(new ParameterSpec(TypeEmbeddings, [config.TokenTypes, d], normal));
        Norm(EmbeddingNorm);
        for (var i = 0; i < config.Layers; i++)
        {
            var layer = Layer(i);
            Linear($"{layer}.attention.self.query", d, d);
            Linear($"{layer}.attention.self.key", d, d);
            Linear($"{layer}.attention.self.value", d, d);
            Linear($"{layer}.attention.output.dense", d, d);
            Norm($"{layer}.attention.output.LayerNorm");
            Linear($"{layer}.intermediate.dense", f, d);
            Linear($"{layer}.output.dense", d, f);
            Norm($"{layer}.output.LayerNorm");
        }

        // The bias has two names. Without tying, readers take the one of the decoder, so it is written under both.
        specs.Add(new ParameterSpec(OutputBias, [v], Initialization.Zeros, DecoderBias)
        {
            SavedAlsoAs = config.TiesEmbeddings ? null : DecoderBias,
        });
        Linear($"{Head}.dense", d, d);
        Norm($"{Head}.LayerNorm");
        if (!config.TiesEmbeddings) specs.Add(new ParameterSpec(DecoderWeight, [v, d], normal));
        return specs;
    }
}
