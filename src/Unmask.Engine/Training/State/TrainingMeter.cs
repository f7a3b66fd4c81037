using Unmask.Core.Events;
using Unmask.Engine.Objectives.Losses;

namespace Unmask.Engine.Training.State;

/// <summary>Sums since the last log line. Part of a checkpoint, so that a resumed run logs the numbers of the uninterrupted one.</summary>
public sealed record TrainingMeter
{
    public int Steps { get; set; }

    public double Loss { get; set; }

    public double WeightedNll { get; set; }

    public long Maskable { get; set; }

    public long Masked { get; set; }

    public long Correct { get; set; }

    public double[] NllByTime { get; init; } = new double[LossResult.Buckets];

    public long[] MaskedByTime { get; init; } = new long[LossResult.Buckets];

    /// <summary>Tokens the model saw.</summary>
    public long Tokens { get; set; }

    /// <summary>Wall time of the steps, without evaluation and saving.</summary>
    public double Seconds { get; set; }

    public void Add(StepResult step, long tokens, double seconds)
    {
        Steps++;
        Tokens += tokens;
        Seconds += seconds;
        Loss += step.Loss.Loss;
        WeightedNll += step.Loss.WeightedNll;
        Maskable += step.Loss.Maskable;
        Masked += step.Loss.Masked;
        Correct += step.Loss.Correct;
        for (var i = 0; i < NllByTime.Length; i++)
        {
            NllByTime[i] += step.Loss.NllByTime[i];
            MaskedByTime[i] += step.Loss.MaskedByTime[i];
        }
    }

    /// <summary>Mean loss of the steps.</summary>
    public double MeanLoss => Loss / Steps;

    /// <summary>Mean unweighted cross-entropy by noise level.</summary>
    public static IReadOnlyList<NoiseLevelLoss> ByNoiseLevel(IReadOnlyList<double> nll, IReadOnlyList<long> masked) =>
        [.. nll.Select((sum, i) => new NoiseLevelLoss(
            (double)i / LossResult.Buckets, (double)(i + 1) / LossResult.Buckets, masked[i] > 0 ? sum / masked[i] : null, masked[i]))];
}
