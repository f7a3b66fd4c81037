using Unmask.Core.Parameters;
using Unmask.Engine.Data;
using Unmask.Engine.Objectives.Losses;
using Unmask.Text.Tokenizers;

namespace Unmask.Engine.Objectives.Mdlm;

/// <summary>
/// Masked diffusion (arXiv 2406.07524): each token is masked with the probability of the row's time, and the model predicts what was masked. BERT, LLaDA and Dream
/// differ in <see cref="ObjectiveTraits"/>, in loss weights, and in whether a token is predicted at its own position.
/// </summary>
/// <param name="parameters">Checked settings.</param>
/// <param name="special">The tokenizer's special tokens; mask and padding must be there.</param>
/// <param name="shiftsLogits">Whether the model predicts at each position the token after it.</param>
public sealed class MdlmObjective(TrainParameters parameters, SpecialTokens special, bool shiftsLogits) : IDiffusionObjective
{
    private readonly Corruption corruption = new(CorruptionOptions.Of(parameters, shiftsLogits), special.Mask!.Value);

    public Collator Layout { get; } = new()
    {
        PadId = special.Pad!.Value,
        SupervisePadding = parameters.EosPadding,
        VisiblePadding = parameters.EosPadding && parameters.Traits.SeesPadding,
        // Where a token is predicted at the position before it, a first token needs one there.
        BeginId = shiftsLogits ? special.Bos : null,
        BeginWhereScored = true,
    };

    public BatchShaping Shaping { get; } = new(parameters.Seed)
    {
        PerBatchCutoff = parameters is { Traits.CutsResponses: true, Pretrain: false, PerbatchCutoff: true },
        ResponseCutoffRatio = parameters is { Traits.CutsResponses: true, Pretrain: false } ? parameters.RespCutoffRatio : 0,
        RandomLengthRatio = parameters.Pretrain ? parameters.Traits.RandomLengthRatio : 0,
    };

    public bool BoundsLikelihood => corruption.Options.LossWeight == LossWeight.Scheduler;

    /// <summary>The objective of a run.</summary>
    public static IDiffusionObjective Create(ObjectiveContext context) => new MdlmObjective(context.Parameters, context.Special, context.ShiftsLogits);

    public NoisedBatch Corrupt(Batch clean, long seed, int epoch) => corruption.Apply(clean, seed, epoch);

    public NoisedBatch CorruptForEvaluation(Batch clean, long seed) => corruption.ApplyForEvaluation(clean, seed);
}
