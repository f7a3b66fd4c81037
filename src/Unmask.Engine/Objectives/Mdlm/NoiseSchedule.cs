namespace Unmask.Engine.Objectives.Mdlm;

/// <summary>
/// How much of a text is still visible at time t in [0, 1]: alpha(0) = 1 (all), alpha(1) = 0 (none). A token is masked at t
/// with probability 1 - alpha(t). All values are computed in float32, in the order of operations of the original, because
/// transfer counts and masks compare against them.
/// </summary>
public abstract class NoiseSchedule
{
    private const float DenominatorGuard = 1e-6f;

    public static NoiseSchedule Linear { get; } = new LinearSchedule();

    public static NoiseSchedule Cosine { get; } = new CosineSchedule();

    /// <summary>Every schedule, by the name used in settings.</summary>
    public static IReadOnlyList<NoiseSchedule> All { get; } = [Linear, Cosine];

    /// <summary>Name in settings, lower case.</summary>
    public abstract string Name { get; }

    /// <summary>The schedule called <paramref name="name"/>, letter case aside.</summary>
    /// <exception cref="UserError">No such schedule; the sentence lists the names.</exception>
    public static NoiseSchedule Named(string name) =>
        All.FirstOrDefault(schedule => schedule.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new UserError($"alpha_schedule is \"{name}\". It must be one of {string.Join(", ", All.Select(s => s.Name))}.");

    /// <summary>Share of tokens that are visible at <paramref name="t"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">t is outside [0, 1].</exception>
    public float Alpha(float t) => AlphaOf(InUnit(t));

    /// <summary>d alpha / d t, negative.</summary>
    /// <exception cref="ArgumentOutOfRangeException">t is outside [0, 1].</exception>
    public float AlphaDerivative(float t) => AlphaDerivativeOf(InUnit(t));

    /// <summary>
    /// Weight of a masked token's cross-entropy that makes the loss a bound on the negative log-likelihood:
    /// -alpha'(t) / (1 - alpha(t) + 1e-6). Source: Sahoo et al., "Simple and effective masked diffusion language models" (2024), eq. 10.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">t is outside [0, 1].</exception>
    public float Weight(float t) => -AlphaDerivative(t) / (1f - Alpha(t) + DenominatorGuard);

    /// <summary>Probability that a token masked at <paramref name="t"/> is still masked at the earlier time <paramref name="s"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not 0 &lt;= s &lt; t &lt;= 1.</exception>
    public float ReverseMaskProbability(float s, float t)
    {
        if (!(s >= 0f && s < t && t <= 1f)) throw new ArgumentOutOfRangeException(nameof(s), $"s is {s} and t is {t}; 0 <= s < t <= 1 is needed.");
        return (1f - Alpha(s)) / (1f - Alpha(t));
    }

    /// <summary>1 - alpha(t) in double: the expected share of masked tokens.</summary>
    public abstract double MaskedShare(double t);

    /// <summary>The time at which a share <paramref name="share"/> of the tokens is masked: the inverse of <see cref="MaskedShare"/>.</summary>
    public abstract double TimeOfMaskedShare(double share);

    protected abstract float AlphaOf(float t);

    protected abstract float AlphaDerivativeOf(float t);

    private static float InUnit(float t) =>
        t is >= 0f and <= 1f ? t : throw new ArgumentOutOfRangeException(nameof(t), $"The time is {t}. It must be in [0, 1].");

    private sealed class LinearSchedule : NoiseSchedule
    {
        public override string Name => "linear";

        public override double MaskedShare(double t) => t;

        public override double TimeOfMaskedShare(double share) => share;

        protected override float AlphaOf(float t) => 1f - t;

        protected override float AlphaDerivativeOf(float t) => -1f;
    }

    private sealed class CosineSchedule : NoiseSchedule
    {
        private const float HalfPi = MathF.PI / 2f;

        public override string Name => "cosine";

        public override double MaskedShare(double t) => Math.Cos(Math.PI / 2 * (1 - t));

        public override double TimeOfMaskedShare(double share) => 1 - Math.Acos(Math.Clamp(share, 0, 1)) * 2 / Math.PI;

        protected override float AlphaOf(float t) => 1f - MathF.Cos(HalfPi * (1f - t));

        protected override float AlphaDerivativeOf(float t) => -HalfPi * MathF.Sin(HalfPi * (1f - t));
    }
}
