using System.Diagnostics;
using Unmask.Core.Events;
using Unmask.Core.Parameters;
using Unmask.Engine.Generation;
using Unmask.Engine.Modeling;

namespace Unmask.Engine.Training.Evaluation;

/// <summary>The task's own measure of the finished model: answers to prompts that were not trained on, against the right ones.</summary>
public sealed class FinalMeasure(MaskedLanguageModel model, AnswerWriter writer, FinalEvaluationKind kind, IReadOnlyList<PreviewPrompt> rows)
{
    private const int Shown = 12;

    /// <summary>Writes all answers and scores them.</summary>
    public FinalEvaluation Measure(long step, Action<int>? progress, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        model.Training = false;
        var answers = writer.Write([.. rows.Select(row => row.Ids)], progress, stop);
        var (errorRate, exact) = EditDistance.Score([.. rows.Select((row, i) => (answers[i], row.Target!))]);
        var (errorName, exactName) = kind == FinalEvaluationKind.Pronunciation ? ("phoneme_error_rate", "exact_words") : ("symbol_error_rate", "exact_answers");
        return new FinalEvaluation
        {
            Step = step,
            Measure = kind.ToString().ToLowerInvariant(),
            Rows = rows.Count,
            Seconds = clock.Elapsed.TotalSeconds,
            Metrics = new Dictionary<string, double> { [errorName] = errorRate, [exactName] = exact },
            Examples = [.. rows.Take(Shown).Select((row, i) => new DrawnSample(row.Text, answers[i], row.Target))],
        };
    }
}
