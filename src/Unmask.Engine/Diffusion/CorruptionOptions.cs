using Unmask.Core;
using Unmask.Core.Parameters;

namespace Unmask.Engine.Diffusion;

/// <summary>How a masked token's cross-entropy is weighted.</summary>
public enum LossWeight
{
    /// <summary>By the schedule, so that the loss bounds the negative log-likelihood.</summary>
    Scheduler,

    /// <summary>1 for every masked token; the loss is then no bound.</summary>
    Uniform,
}

/// <summary>What is done to a clean batch before the model sees it.</summary>
public sealed record CorruptionOptions
{
    public NoiseSchedule Schedule { get; init; } = NoiseSchedule.Linear;

    /// <summary>Smallest time, in (0, 1). Keeps the Bernoulli weights finite; fixed counts do not need it.</summary>
    public double TimeEpsilon { get; init; } = 1e-3;

    public LossWeight LossWeight { get; init; } = LossWeight.Scheduler;

    public TimeSampling TimeSampling { get; init; } = TimeSampling.Independent;

    public MaskSampling MaskSampling { get; init; } = MaskSampling.Bernoulli;

    /// <summary>The options that a run's settings ask for.</summary>
    /// <param name="parameters">Checked settings.</param>
    /// <exception cref="UserError">The loss weights are those of another method.</exception>
    public static CorruptionOptions Of(TrainParameters parameters) => new()
    {
        Schedule = parameters.AlphaSchedule == AlphaSchedule.Cosine ? NoiseSchedule.Cosine : NoiseSchedule.Linear,
        TimeEpsilon = parameters.TimeEpsilon,
        LossWeight = parameters.ResolvedLossWeightType switch
        {
            "scheduler" => LossWeight.Scheduler,
            "uniform" => LossWeight.Uniform,
            var other => throw new UserError($"loss_weight_type is \"{other}\"; training by masked diffusion needs scheduler or uniform."),
        },
        TimeSampling = parameters.TimeSampling,
        MaskSampling = parameters.MaskSampling,
    };
}
