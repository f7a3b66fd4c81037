namespace Unmask.Core.Parameters;

/// <summary>What sets the training methods apart, as data. The dllm library has a trainer or a collator for each; here everything that asks for a difference asks this record.</summary>
public sealed record ObjectiveTraits
{
    /// <summary>Weights of masked tokens where <c>loss_weight_type</c> is empty.</summary>
    public string DefaultLossWeight { get; init; } = "scheduler";

    /// <summary>Masked tokens may be weighted by the visible tokens near them (<c>cart[geo_p:P]</c>).</summary>
    public bool TakesCartWeights { get; init; }

    /// <summary>Masked tokens may all weigh 1 (<c>uniform</c>).</summary>
    public bool TakesUniformWeights { get; init; } = true;

    /// <summary>Supervised padding is seen by the tokens before it. Where it is not, it sees nothing itself and is scored all the same.</summary>
    public bool SeesPadding { get; init; } = true;

    /// <summary>Responses are truncated at random, by <c>perbatch_cutoff</c> and <c>resp_cutoff_ratio</c>.</summary>
    public bool CutsResponses { get; init; }

    /// <summary>Share of pretraining batches that are cut to a random length (arXiv 2502.09992, section 2.2).</summary>
    public double RandomLengthRatio { get; init; }

    /// <summary>Class that a Transformer Lab task names where the model's own is not known; null for none.</summary>
    public string? UsualClass { get; init; }

    /// <summary>The traits of a method.</summary>
    public static ObjectiveTraits Of(TrainingMethod method) => method switch
    {
        TrainingMethod.Dream => new() { DefaultLossWeight = "cart[geo_p:0.3]", TakesCartWeights = true, TakesUniformWeights = false, SeesPadding = false, CutsResponses = true, UsualClass = "DreamModel" },
        TrainingMethod.Llada => new() { RandomLengthRatio = 0.01, UsualClass = "LLaDAModelLM" },
        _ => new(),
    };
}
