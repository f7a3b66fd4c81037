using System.Text.Json.Serialization;
using Unmask.Engine.Training.Optimization;

namespace Unmask.Engine.Training.State;

/// <summary>Where a run stands: what a checkpoint holds beside weights and moments.</summary>
public sealed record TrainingState
{
    /// <summary>Optimizer steps done.</summary>
    public long Step { get; set; }

    /// <summary>Sums since the last log line.</summary>
    public TrainingMeter Meter { get; set; } = new();

    /// <summary>Lowest evaluation loss so far; null before the first evaluation.</summary>
    public double? BestEvalLoss { get; set; }

    /// <summary>Evaluation loss measured last.</summary>
    public double? LastEvalLoss { get; set; }

    /// <summary>Step at which it was measured.</summary>
    public long? LastEvalStep { get; set; }

    /// <summary>Seconds spent in steps so far, over all parts of the run.</summary>
    public double TrainingSeconds { get; set; }

    /// <summary>Factor on the loss; null where the type of the weights needs none.</summary>
    public LossScale? LossScale { get; set; }

    /// <summary>Updates of the weights: the steps that were not skipped.</summary>
    [JsonIgnore]
    public long Updates => Step - (LossScale?.SkippedSteps ?? 0);

    /// <summary>Takes over what a checkpoint held.</summary>
    public void Take(TrainingState saved)
    {
        (Step, Meter, TrainingSeconds) = (saved.Step, saved.Meter, saved.TrainingSeconds);
        (BestEvalLoss, LastEvalLoss, LastEvalStep, LossScale) = (saved.BestEvalLoss, saved.LastEvalLoss, saved.LastEvalStep, saved.LossScale);
    }
}
