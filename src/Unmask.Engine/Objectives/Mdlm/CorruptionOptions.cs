using Unmask.Core.Parameters;

namespace Unmask.Engine.Objectives.Mdlm;

/// <summary>How a masked token's cross-entropy is weighted.</summary>
public enum LossWeight
{
    /// <summary>By the schedule, so that the loss bounds the negative log-likelihood.</summary>
    Scheduler,

    /// <summary>1 for every masked token; the loss is then no bound.</summary>
    Uniform,

    /// <summary>By the visible tokens near it (<see cref="CorruptionOptions.Cart"/>); the loss is then no bound.</summary>
    Cart,
}

/// <summary>What is done to a clean batch before the model sees it.</summary>
public sealed record CorruptionOptions
{
    public NoiseSchedule Schedule { get; init; } = NoiseSchedule.Linear;

    /// <summary>Smallest time, in (0, 1). Keeps the Bernoulli weights finite; fixed counts do not need it.</summary>
    public double TimeEpsilon { get; init; } = 1e-3;

    public LossWeight LossWeight { get; init; } = LossWeight.Scheduler;

    /// <summary>The weights of <see cref="LossWeight.Cart"/>.</summary>
    public CartWeight Cart { get; init; } = new(0.3);

    /// <summary>The token at a position is predicted by the position before it, that at position 0 by itself.</summary>
    public bool ShiftsLogits { get; init; }

    public TimeSampling TimeSampling { get; init; } = TimeSampling.Independent;

    public MaskSampling MaskSampling { get; init; } = MaskSampling.Bernoulli;

    /// <summary>The options that a run's settings ask for.</summary>
    /// <param name="parameters">Checked settings.</param>
    /// <param name="shiftsLogits">Whether the model predicts at each position the token after it.</param>
    /// <exception cref="UserError">The loss weights are none that this program knows.</exception>
    public static CorruptionOptions Of(TrainParameters parameters, bool shiftsLogits)
    {
        var weight = parameters.ResolvedLossWeightType;
        var cart = CartWeight.Parse(weight);
        return new CorruptionOptions
        {
            Schedule = parameters.AlphaSchedule == AlphaSchedule.Cosine ? NoiseSchedule.Cosine : NoiseSchedule.Linear,
            TimeEpsilon = parameters.TimeEpsilon,
            LossWeight = weight switch
            {
                "scheduler" => LossWeight.Scheduler,
                "uniform" => LossWeight.Uniform,
                _ when cart is not null => LossWeight.Cart,
                _ => throw new UserError($"loss_weight_type is \"{weight}\". It must be scheduler, uniform, or cart[geo_p:P] with P above 0 and at most 1."),
            },
            Cart = cart ?? new CartWeight(0.3),
            ShiftsLogits = shiftsLogits,
            TimeSampling = parameters.TimeSampling,
            MaskSampling = parameters.MaskSampling,
        };
    }
}
