using Unmask.Engine.Data;
using Unmask.Engine.Objectives.Losses;
using Unmask.Engine.Objectives.Mdlm;

namespace Unmask.Tests.Examples;

/// <summary>A toy objective: the whole response is masked, always, and each token weighs the same. Rows are laid out as for masked diffusion.</summary>
/// <param name="context">Settings, special tokens and the way the model predicts.</param>
internal sealed class WholeResponseObjective(ObjectiveContext context) : IDiffusionObjective
{
    private readonly MdlmObjective mdlm = new(context.Parameters, context.Special, context.ShiftsLogits);
    private readonly Corruption corruption = new(new CorruptionOptions { LossWeight = LossWeight.Uniform, ShiftsLogits = context.ShiftsLogits }, context.Special.Mask!.Value);

    public Collator Layout => mdlm.Layout;

    public BatchShaping Shaping { get; } = new(context.Parameters.Seed);

    public bool BoundsLikelihood => false;

    public NoisedBatch Corrupt(Batch clean, long seed, int epoch) => Masked(clean).WithDropout(seed, epoch);

    public NoisedBatch CorruptForEvaluation(Batch clean, long seed) => Masked(clean);

    private NoisedBatch Masked(Batch clean)
    {
        var masked = clean.Labels.Select(label => label != Batch.IgnoredLabel).ToArray();
        return corruption.Apply(clean, Enumerable.Repeat(1f, clean.Rows).ToArray(), masked);
    }
}
