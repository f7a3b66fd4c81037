using Unmask.Core.Parameters;
using Unmask.Engine.Data;
using Unmask.Text.Tokenizers;

namespace Unmask.Engine.Objectives;

/// <summary>What sets the training methods apart beside their loss weights, as data. The dllm library has a trainer or a collator for each.</summary>
public sealed record MethodTraits
{
    /// <summary>Supervised padding is seen by the tokens before it. Where it is not, it sees nothing itself and is scored all the same.</summary>
    public required bool SeesPadding { get; init; }

    /// <summary>Answers are cut at random, by perbatch_cutoff and resp_cutoff_ratio.</summary>
    public required bool CutsResponses { get; init; }

    /// <summary>Share of pretraining batches that are cut to a random length (arXiv 2502.09992, section 2.2).</summary>
    public required double RandomLengthRatio { get; init; }

    public static MethodTraits Of(TrainingMethod method) => method switch
    {
        TrainingMethod.Dream => new() { SeesPadding = false, CutsResponses = true, RandomLengthRatio = 0 },
        TrainingMethod.Llada => new() { SeesPadding = true, CutsResponses = false, RandomLengthRatio = 0.01 },
        _ => new() { SeesPadding = true, CutsResponses = false, RandomLengthRatio = 0 },
    };

    /// <summary>The collator of a run, for training and evaluation.</summary>
    /// <param name="parameters">Its settings.</param>
    /// <param name="special">The tokenizer's special tokens; the padding token must be there.</param>
    /// <param name="shiftsLogits">Whether the model predicts the token after each position; then a first token needs one before it.</param>
    public static Collator Collator(TrainParameters parameters, SpecialTokens special, bool shiftsLogits) => new()
    {
        PadId = special.Pad!.Value,
        SupervisePadding = parameters.EosPadding,
        VisiblePadding = parameters.EosPadding && Of(parameters.TrainingMethod).SeesPadding,
        BeginId = shiftsLogits ? special.Bos : null,
        BeginWhereScored = true,
    };

    /// <summary>The cuts of a run's training batches.</summary>
    public static BatchShaping Shaping(TrainParameters parameters)
    {
        var traits = Of(parameters.TrainingMethod);
        var cuts = traits.CutsResponses && !parameters.Pretrain;
        return new BatchShaping(parameters.Seed)
        {
            PerBatchCutoff = cuts && parameters.PerbatchCutoff,
            ResponseCutoffRatio = cuts ? parameters.RespCutoffRatio : 0,
            RandomLengthRatio = parameters.Pretrain ? traits.RandomLengthRatio : 0,
        };
    }
}
