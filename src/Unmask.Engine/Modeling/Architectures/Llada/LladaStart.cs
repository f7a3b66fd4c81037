using Unmask.Engine.Modeling.Blocks;

namespace Unmask.Engine.Modeling.Architectures.Llada;

/// <summary>The start values that <c>init_fn</c> names, as OLMo's code defines them; LLaDA uses mitchell.</summary>
internal sealed class LladaStart(LladaConfig config)
{
    private double PerWidth => 1 / Math.Sqrt(config.Width);

    // Embeddings that meet logits divided by sqrt(D) start wider.
    private double EmbeddingFactor => config.ScalesLogits ? 0.5 * Math.Sqrt(config.Width) : 1;

    public Initialization Embeddings => config.InitName switch
    {
        "mitchell" => new Initialization.Normal(EmbeddingFactor * PerWidth, 3),
        "fan_in" => new Initialization.Normal(EmbeddingFactor * PerWidth),
        "kaiming_normal" => Kaiming(config.Width),
        "full_megatron" => Megatron(config.InitRange),
        _ => new Initialization.Normal(EmbeddingFactor * config.InitRange, config.InitCutoff),
    };

    /// <summary>Layers that read the residual stream.</summary>
    public Initialization In => config.InitName switch
    {
        "mitchell" => new Initialization.Normal(PerWidth, 3),
        "fan_in" => new Initialization.Normal(PerWidth),
        "kaiming_normal" => Kaiming(config.Width),
        "full_megatron" => Megatron(config.InitRange),
        _ => new Initialization.Normal(config.InitRange, config.InitCutoff),
    };

    public Initialization Head => config.InitName == "full_megatron" ? Megatron(PerWidth) : In;

    /// <summary>Layers that write into the residual stream.</summary>
    /// <param name="layer">Number of the block, from 0.</param>
    /// <param name="fanIn">Their input width.</param>
    public Initialization Out(int layer, long fanIn) => config.InitName switch
    {
        "mitchell" => new Initialization.Normal(1 / Math.Sqrt(fanIn) / Math.Sqrt(2.0 * (layer + 1)), 3),
        "fan_in" => new Initialization.Normal(1 / Math.Sqrt(fanIn)),
        "kaiming_normal" => Kaiming(fanIn),
        "full_megatron" => Megatron(config.InitRange / Math.Sqrt(2.0 * config.Layers)),
        // Drawn like the others and then divided.
        _ => new Initialization.Normal(config.InitRange / Math.Sqrt(2.0 * config.Layers), config.InitCutoff),
    };

    private static Initialization.Normal Kaiming(long fanIn) => new(Math.Sqrt(2.0 / fanIn));

    private Initialization.Normal Megatron(double deviation) => new(deviation, config.InitCutoff ?? 3);
}
