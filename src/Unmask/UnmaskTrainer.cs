using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Unmask.Core.Events;
using Unmask.Core.Hub.Datasets;
using Unmask.Core.Runs;
using Unmask.Engine.Hosting.Calls;
using Unmask.Engine.Runs;
using Unmask.Engine.Training.Preparation;

namespace Unmask;

/// <summary>
/// Trains by a recipe, in this process. Cancellation does not throw: the run saves a checkpoint after the step that it is in, and its result says that it can be resumed; a resumed run is bit-exact. The
/// run folder is the one that the command line and the workbench know.
/// </summary>
/// <example>
/// <code>
/// var recipe = TrainingRecipe.Load("recipes/quickstart.yaml");
/// var progress = new Progress&lt;TrainingEvent&gt;(happened =&gt; Console.WriteLine(happened));
/// var result = await UnmaskTrainer.TrainAsync(recipe, progress: progress, cancellationToken: stop);
/// if (!result.IsCompleted) result = await UnmaskTrainer.ResumeAsync(result.RunFolder);
/// </code>
/// </example>
public static class UnmaskTrainer
{
    /// <summary>Trains a new run.</summary>
    /// <param name="recipe">Its settings.</param>
    /// <param name="runFolder">Its folder, absent or empty; null for a new one in the setting <c>output_dir</c>.</param>
    /// <param name="progress">Receives its events.</param>
    /// <param name="cancellationToken">Asks it to save and stop.</param>
    /// <exception cref="UnmaskException">A setting, a model or the data is wrong, or training diverged.</exception>
    public static Task<TrainingResult> TrainAsync(TrainingRecipe recipe, string? runFolder = null, IProgress<TrainingEvent>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        return OnThread(() => Start(recipe, runFolder, Sink(progress), cancellationToken));
    }

    /// <summary>Resumes a run that was stopped or interrupted, from its newest checkpoint.</summary>
    /// <param name="runFolder">Its folder.</param>
    /// <param name="progress">Receives its events.</param>
    /// <param name="cancellationToken">Asks it to save and stop.</param>
    /// <exception cref="UnmaskException">There is no such run, it is completed, or something it needs is missing.</exception>
    public static Task<TrainingResult> ResumeAsync(string runFolder, IProgress<TrainingEvent>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(runFolder);
        return OnThread(() => Resume(runFolder, Sink(progress), cancellationToken));
    }

    /// <summary>As <see cref="TrainAsync"/>, with its events as a stream; the last is a <see cref="TrainingFinishedEvent"/>. Who stops reading asks the run to save and stop.</summary>
    public static async IAsyncEnumerable<TrainingEvent> StreamAsync(TrainingRecipe recipe, string? runFolder = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var events = Channel.CreateUnbounded<TrainingEvent>();
        var work = Task.Run(async () =>
        {
            try
            {
                return await OnThread(() => Start(recipe, runFolder, happened => events.Writer.TryWrite(happened), stop.Token)).ConfigureAwait(false);
            }
            finally
            {
                events.Writer.Complete();
            }
        }, CancellationToken.None);
        try
        {
            await foreach (var happened in events.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false)) yield return happened;
            await work.ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await ((Task)work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static Action<TrainingEvent> Sink(IProgress<TrainingEvent>? progress) => happened => progress?.Report(happened);

    private static async Task<TrainingResult> OnThread(Func<TrainingResult> train)
    {
        using var compute = new ComputeThread();
        TrainingResult? result = null;
        await compute.RunAsync(() => result = UnmaskException.Guard(train)).ConfigureAwait(false);
        return result!;
    }

    private static TrainingResult Start(TrainingRecipe recipe, string? runFolder, Action<TrainingEvent> report, CancellationToken stop)
    {
        ProcessTuning.Start();
        var settings = recipe.Read();
        HubInputs.Bring(settings, HubFolders.Telling(new Reporter("", report), stop));
        var parameters = settings.Checked(TrainingInputs.Facts(settings.Parameters));
        using var folder = RunFolder.Create(parameters, runFolder);
        var reporter = new Reporter(folder.Path, report);
        try
        {
            TrainingRun.Start(parameters, folder, reporter, stop);
        }
        catch (UserError) when (!reporter.SawTraining)
        {
            // Nothing was trained: what could be kept is the mistake only.
            folder.Discard();
            throw;
        }

        return reporter.Finish();
    }

    private static TrainingResult Resume(string runFolder, Action<TrainingEvent> report, CancellationToken stop)
    {
        ProcessTuning.Start();
        using var folder = RunFolder.Open(runFolder);
        var reporter = new Reporter(folder.Path, report);
        TrainingRun.Resume(folder, reporter, stop);
        return reporter.Finish();
    }

    private sealed class Reporter(string runFolder, Action<TrainingEvent> report) : IEventSink
    {
        private RunFinished? end;

        public bool SawTraining { get; private set; }

        public void Write(RunEvent happened)
        {
            SawTraining |= happened is StepLogged or PhaseChanged { Phase: Phases.Training };
            end = happened as RunFinished ?? end;
            if (TrainingEvent.From(happened, runFolder) is { } known) report(known);
        }

        public TrainingResult Finish()
        {
            var result = new TrainingResult(end!.Succeeded, runFolder, end.Model is { } model ? Path.Combine(runFolder, model) : null, end.Step, TimeSpan.FromSeconds(end.Seconds ?? 0));
            report(new TrainingFinishedEvent(end.Time, result));
            return result;
        }
    }
}
