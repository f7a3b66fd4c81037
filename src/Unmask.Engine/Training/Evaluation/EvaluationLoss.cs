using System.Diagnostics;
using Unmask.Core.Events;
using Unmask.Core.Parameters;
using Unmask.Engine.Collectives;
using Unmask.Engine.Data;
using Unmask.Engine.Modeling;
using Unmask.Engine.Objectives.Losses;
using Unmask.Engine.Training.Parallel;
using Unmask.Engine.Training.State;

namespace Unmask.Engine.Training.Evaluation;

/// <summary>The training objective on rows that are not trained on, with the same noise every time.</summary>
/// <param name="model">What is measured.</param>
/// <param name="data">The rows, laid out in batches whose width does not depend on how they are divided.</param>
/// <param name="objective">Noise and loss.</param>
/// <param name="norm">What the loss is divided by.</param>
/// <param name="seed">Seed of the run.</param>
/// <param name="rowsAtOnce">Most rows that go through the model together.</param>
/// <param name="ranks">The processes that share the rows; all of them get the result.</param>
public sealed class EvaluationLoss(MaskedLanguageModel model, BatchSource data, IDiffusionObjective objective, LossNorm norm, long seed, int rowsAtOnce, ICollectives ranks)
{
    /// <summary>Scores every row once.</summary>
    public EvaluationFinished Measure(long step)
    {
        var clock = Stopwatch.StartNew();
        model.Training = false;
        // Sequence norm divides each row by its own tokens; what is common to all rows is divided at the end.
        var rowNormalizer = Normalizer.Of(maskable: 1, rows: 1, norm);
        var own = new List<(int FirstRow, LossResult Loss)>();
        var rows = 0;
        foreach (var batch in data.Epoch())
        {
            foreach (var part in RowShares.Cut(RowShares.Deal(batch.Lengths, ranks.Size)[ranks.Rank], rowsAtOnce))
            {
                var noised = objective.CorruptForEvaluation(batch.Take(part), seed);
                own.Add((rows + part[0], objective.Evaluate(model, noised, rowNormalizer.ScoredWeights(noised))));
            }

            rows += batch.Rows;
        }

        var sums = new LossResult();
        foreach (var (_, part) in ranks.Gather(LossParts.Pack(own)).SelectMany(LossParts.Unpack).OrderBy(pair => pair.FirstRow)) sums.Add(part);
        var nll = objective.BoundsLikelihood ? sums.NllPerToken : (double?)null;
        return new EvaluationFinished(
            step, sums.Loss / (norm == LossNorm.Token ? Math.Max(1, sums.Maskable) : rows), nll, nll is { } n ? Math.Exp(n) : null,
            sums.Masked > 0 ? sums.Accuracy : null, rows, clock.Elapsed.TotalSeconds)
        {
            LossByNoiseLevel = TrainingMeter.ByNoiseLevel(sums.NllByTime, sums.MaskedByTime),
        };
    }
}
