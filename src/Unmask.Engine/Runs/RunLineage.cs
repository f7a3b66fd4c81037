using Unmask.Core.Data;
using Unmask.Core.Events;
using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Recipes;
using Unmask.Core.Runs;
using Unmask.Engine.Training.Preparation;
using Unmask.Engine.Training.State;

namespace Unmask.Engine.Runs;

/// <summary>The lineage of what a run gives, from its settings, its data and its own events.</summary>
public static class RunLineage
{
    /// <param name="parameters">The run's settings.</param>
    /// <param name="run">Its folder, with the events so far.</param>
    /// <param name="subject">What it trained.</param>
    /// <param name="data">The rows.</param>
    /// <param name="state">Where it ended.</param>
    public static Lineage Of(TrainParameters parameters, RunFolder run, TrainingSubject subject, DataReport data, TrainingState state)
    {
        var events = EventLog.Read(run.EventsPath).ToArray();
        var started = events.OfType<RunStarted>().First();
        var settings = new Dictionary<string, object?>(ConfigFile.ToDictionary(parameters))
        {
            ["loss_weight_type"] = parameters.ResolvedLossWeightType,
            ["eval_batch_size"] = parameters.ResolvedEvalBatchSize,
            ["chat_template"] = subject.Template.Source,
        };
        return new Lineage
        {
            Kind = "model",
            Name = parameters.AdaptorName,
            Architecture = subject.Architecture.ClassName,
            Base = subject.Origin,
            Data = new LineageData(data.Read.Files, data.InputFingerprint, data.TrainRows, data.TrainFingerprint, data.EvalRows, data.EvalFingerprint),
            Run = run.Id,
            Settings = settings,
            Seed = parameters.Seed,
            Versions = started.Versions,
            Machine = started.Machine,
            Started = started.Time,
            Finished = DateTimeOffset.UtcNow,
            Steps = state.Step,
            TrainingSeconds = state.TrainingSeconds,
            Metrics = Metrics(events),
        };
    }

    private static Dictionary<string, double> Metrics(RunEvent[] events)
    {
        var metrics = new Dictionary<string, double>();
        void Add(string name, double? value)
        {
            if (value is { } number && double.IsFinite(number)) metrics[name] = number;
        }

        Add("train_loss", events.OfType<StepLogged>().LastOrDefault()?.Loss);
        var evaluations = events.OfType<EvaluationFinished>().ToArray();
        Add("eval_loss", evaluations.LastOrDefault()?.EvalLoss);
        Add("eval_perplexity_bound", evaluations.LastOrDefault()?.EvalPerplexityBound);
        Add("eval_masked_accuracy", evaluations.LastOrDefault()?.EvalMaskedAccuracy);
        if (evaluations.Length > 0) Add("best_eval_loss", evaluations.Min(evaluation => evaluation.EvalLoss));
        foreach (var (name, value) in events.OfType<FinalEvaluation>().LastOrDefault()?.Metrics ?? new Dictionary<string, double>()) Add(name, value);
        return metrics;
    }
}
