using System.Diagnostics;
using Unmask.Core.Events;
using Unmask.Core.Parameters;
using Unmask.Engine.Data;
using Unmask.Engine.Diffusion;
using Unmask.Engine.Models;

namespace Unmask.Engine.Training;

/// <summary>The training objective on rows that are not trained on, with the same noise every time.</summary>
public sealed class EvaluationLoss(MaskedLanguageModel model, BatchSource data, Corruption corruption, LossNorm norm, long seed)
{
    /// <summary>Scores every row once.</summary>
    public EvaluationFinished Measure(long step)
    {
        var clock = Stopwatch.StartNew();
        model.Training = false;
        // Sequence norm divides each row by its own tokens; what is common to all rows is divided at the end.
        var rowNormalizer = Normalizer.Of(maskable: 1, rows: 1, norm);
        var sums = new LossResult();
        long rows = 0;
        foreach (var batch in data.Epoch())
        {
            var noised = corruption.ApplyForEvaluation(batch, seed);
            sums.Add(MdlmObjective.Evaluate(model, noised, rowNormalizer.ScoredWeights(noised)));
            rows += batch.Rows;
        }

        var nll = corruption.Options.LossWeight == LossWeight.Scheduler ? sums.NllPerToken : (double?)null;
        return new EvaluationFinished(
            step, sums.Loss / (norm == LossNorm.Token ? Math.Max(1, sums.Maskable) : rows), nll, nll is { } n ? Math.Exp(n) : null,
            sums.Masked > 0 ? sums.Accuracy : null, rows, clock.Elapsed.TotalSeconds)
        {
            LossByNoiseLevel = TrainingMeter.ByNoiseLevel(sums.NllByTime, sums.MaskedByTime),
        };
    }
}
