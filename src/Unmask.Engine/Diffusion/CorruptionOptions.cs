using Unmask.Core;

namespace Unmask.Engine.Diffusion;

/// <summary>How a masked token's cross-entropy is weighted.</summary>
public enum LossWeight
{
    /// <summary>By the schedule, so that the loss bounds the negative log-likelihood.</summary>
    Scheduler,

    /// <summary>1 for every masked token; the loss is then no bound.</summary>
    Uniform,
}

/// <summary>How the times of different rows relate.</summary>
public enum TimeSampling
{
    /// <summary>Each row draws its own, as in the recipe of the original.</summary>
    Independent,

    /// <summary>Rows that follow each other in an epoch cover [0, 1) evenly.</summary>
    Stratified,
}

/// <summary>How the masked positions of a row are drawn.</summary>
public enum MaskSampling
{
    /// <summary>Each token by itself with probability 1 - alpha(t), as in the recipe of the original.</summary>
    Bernoulli,

    /// <summary>A count first, then so many positions; same expectation, bounded weights, about half the variance.</summary>
    FixedCount,
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

    /// <summary>Options from the words used in settings.</summary>
    /// <exception cref="UserError">Every word or number that is not allowed.</exception>
    public static CorruptionOptions Parse(string alphaSchedule, string lossWeightType, string timeSampling, string maskSampling, double timeEpsilon = 1e-3)
    {
        var problems = new List<string>();
        var schedule = NoiseSchedule.All.FirstOrDefault(s => s.Name.Equals(alphaSchedule, StringComparison.OrdinalIgnoreCase));
        if (schedule is null) problems.Add(NotOneOf("alpha_schedule", alphaSchedule, NoiseSchedule.All.Select(s => s.Name)));
        if (!(timeEpsilon is > 0 and < 1)) problems.Add($"time_epsilon is {timeEpsilon}; it must lie between 0 and 1, both excluded.");
        var options = new CorruptionOptions
        {
            Schedule = schedule ?? NoiseSchedule.Linear,
            TimeEpsilon = timeEpsilon,
            LossWeight = Choose("loss_weight_type", lossWeightType, [("scheduler", LossWeight.Scheduler), ("uniform", LossWeight.Uniform)], problems),
            TimeSampling = Choose("time_sampling", timeSampling, [("independent", TimeSampling.Independent), ("stratified", TimeSampling.Stratified)], problems),
            MaskSampling = Choose("mask_sampling", maskSampling, [("bernoulli", MaskSampling.Bernoulli), ("fixed_count", MaskSampling.FixedCount)], problems),
        };
        UserError.ThrowIfAny(problems);
        return options;
    }

    private static T Choose<T>(string setting, string word, (string Name, T Value)[] choices, List<string> problems)
    {
        foreach (var (name, value) in choices)
        {
            if (name.Equals(word, StringComparison.OrdinalIgnoreCase)) return value;
        }

        problems.Add(NotOneOf(setting, word, choices.Select(choice => choice.Name)));
        return choices[0].Value;
    }

    private static string NotOneOf(string setting, string word, IEnumerable<string> names) =>
        $"{setting} is \"{word}\"; it must be one of {string.Join(", ", names)}.";
}
