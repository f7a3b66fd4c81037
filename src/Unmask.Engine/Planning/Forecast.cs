using Unmask.Core.Events;
using Unmask.Core.Parameters.Recipes;
using Unmask.Core.Parameters.Validation;
using Unmask.Core.Planning;
using Unmask.Engine.Data.Preparation;
using Unmask.Engine.Training.Preparation;

namespace Unmask.Engine.Planning;

/// <summary>Tells what a run would do and take.</summary>
public static class Forecast
{
    /// <summary>Looks at everything; the rows are tokenized, and no weight is loaded unless steps are to be tried.</summary>
    /// <param name="recipe">The settings as they were written.</param>
    /// <param name="folder">A folder for prepared rows and a learned vocabulary: empty, or with those of the same settings.</param>
    /// <param name="probe">Whether a few steps are made, for their time and memory; not where errors forbid the run.</param>
    /// <param name="events">Told how far it is.</param>
    /// <param name="stop">Stops it.</param>
    public static RunForecast Of(Recipe recipe, string folder, bool probe, IEventSink events, CancellationToken stop)
    {
        var parameters = recipe.Parameters;
        var problems = recipe.Check(TrainingInputs.Facts(parameters));
        if (problems.Any(problem => problem.Severity == Severity.Error)) return new RunForecast(problems);
        try
        {
            var tokenizer = Path.Combine(folder, "tokenizer");
            var subject = TrainingSubject.Prepare(parameters, tokenizer, stop);
            using var data = TrainingRows.Prepare(parameters, subject, tokenizer, Path.Combine(folder, "data"), events, stop);
            var forecast = Of(recipe, subject, data);
            if (!probe || !forecast.CanStart) return forecast;
            events.Write(new PhaseChanged(Phases.Training));
            return forecast with { Probe = StepTrial.Measure(parameters, subject, data.Train, stop) };
        }
        catch (UserError error)
        {
            return new RunForecast([.. error.Problems.Select(sentence => Problem.Error(null, sentence)), .. problems]);
        }
    }

    private static RunForecast Of(Recipe recipe, TrainingSubject subject, PreparedData data)
    {
        var parameters = recipe.Parameters;
        var needs = RunNeeds.Of(parameters, subject, data);
        var facts = RunFacts.Of(subject, data, needs, parameters.OutputDir);
        var problems = recipe.Check(facts);
        return new RunForecast([.. problems, .. data.Report.Warnings.Select(warning => Problem.Warning("dataset", warning))])
        {
            Model = new ModelForecast(subject.Architecture.ClassName, needs.Weights.All, needs.Weights.Trained, needs.Device.ToString()),
            Data = data.Report,
            Steps = StepForecast.Of(parameters, data.Train.Count),
            Memory = needs.Memory,
            MemoryAvailableBytes = facts.DeviceMemoryBytes,
            Remedies = facts.DeviceMemoryBytes is { } available && needs.Memory.Peak > 0.9 * available
                ? MemoryRemedies.Of(parameters, subject, needs.Load, needs.OnGpu, available)
                : [],
            Disk = new DiskForecast(needs.Weights.CheckpointBytes, CrossFieldRules.MostCheckpoints(parameters, facts), needs.Weights.OutputBytes, facts.FreeDiskBytes!.Value),
        };
    }
}
