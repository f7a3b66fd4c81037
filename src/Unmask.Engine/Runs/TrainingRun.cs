using System.Diagnostics;
using System.Runtime.InteropServices;
using Unmask.Core;
using Unmask.Core.Events;
using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Recipes;
using Unmask.Core.Parameters.Validation;
using Unmask.Core.Runs;
using Unmask.Core.Runs.Checkpoints;
using Unmask.Core.Storage;
using Unmask.Core.Tracking;
using Unmask.Core.Tracking.Wandb;
using Unmask.Engine.Collectives;
using Unmask.Engine.Data.Preparation;
using Unmask.Engine.Generation;
using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Adapters.Planning;
using Unmask.Engine.Planning;
using Unmask.Engine.Runtime;
using Unmask.Engine.Training;
using Unmask.Engine.Training.Checkpoints;
using Unmask.Engine.Training.Evaluation;
using Unmask.Engine.Training.Preparation;
using Unmask.Engine.Training.State;

using static TorchSharp.torch;

namespace Unmask.Engine.Runs;

/// <summary>A training run from settings to the final model: what stands around <see cref="Trainer"/>.</summary>
public static class TrainingRun
{
    /// <summary>Trains a new run.</summary>
    /// <param name="parameters">Its settings, checked with the facts of <see cref="TrainingInputs"/>.</param>
    /// <param name="run">Its folder.</param>
    /// <param name="view">Where it is shown, beside the files in the folder.</param>
    /// <param name="stop">Asks it to save and end.</param>
    /// <param name="group">The processes that train together, of which this is the first; the others call <see cref="FollowedRun.Train"/>. Null for one alone.</param>
    /// <exception cref="UserError">Something is wrong with settings, model or data, or training diverged.</exception>
    public static RunOutcome Start(TrainParameters parameters, RunFolder run, IEventSink view, CancellationToken stop, RankGroup? group = null)
    {
        using var log = run.StartEvents();
        return Execute(parameters, run, log, checkpoint: null, view, stop, resumed: false, group ?? RankGroup.Alone);
    }

    /// <summary>Goes on with a run from its newest whole checkpoint, or from the start when it has none, to the same bits as without the interruption.</summary>
    /// <inheritdoc cref="Start"/>
    public static RunOutcome Resume(RunFolder run, IEventSink view, CancellationToken stop, RankGroup? group = null)
    {
        if (run.FinishedModel is { } model)
        {
            throw new UserError($"{run.Path} is done already; its model is in {model}. Start a new run to train further, with model={model}.");
        }

        var parameters = run.ReadConfig();
        ThrowIfAny(ParameterValidation.Check(parameters, TrainingInputs.Facts(parameters)));
        var (checkpoint, log, rejected) = run.Resume();
        using var _ = log;
        foreach (var one in rejected) view.Write(new Notice(NoticeLevel.Warning, one.Message));
        return Execute(parameters, run, log, checkpoint, view, stop, resumed: true, group ?? RankGroup.Alone);
    }

    private static RunOutcome Execute(
        TrainParameters parameters, RunFolder run, EventLog log, CheckpointFolder? checkpoint, IEventSink view, CancellationToken stop, bool resumed, RankGroup group)
    {
        var clock = Stopwatch.StartNew();
        var events = new EventFanOut(log, view);
        var state = new TrainingState();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        stop = ending.Token;
        TensorBoardSink? tensorBoard = null;
        WandbSink? wandb = null;
        try
        {
            tensorBoard = new TensorBoardSink(new TensorBoardWriter(run.TensorBoardPath, resumedAfterStep: resumed ? checkpoint?.Step ?? 0 : null));
            var told = new EventFanOut(log, tensorBoard, view);
            events = told;

            // Before the others: what it has to say about its end comes before the run's last event.
            wandb = WandbSink.Open(run, parameters, ending.Cancel, told.Write);
            if (wandb is not null) events = new EventFanOut(wandb, told);
            var engine = UnmaskRuntime.Start();
            RankThreads.Apply(parameters, group);
            if (checkpoint is null) events.Write(Started(parameters, run, engine, group));
            return Train(parameters, run, log, checkpoint, events, state, clock, stop, group);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            events.Write(new RunFinished(RunOutcome.Stopped, state.Step, Seconds: clock.Elapsed.TotalSeconds));
            return RunOutcome.Stopped;
        }
        catch (Exception failure)
        {
            var (reason, error) = Explain(failure, state.Step, run);
            group.Fail(reason, $"Rank 0: {error?.Message ?? failure.Message}");
            try
            {
                events.Write(new RunFinished(RunOutcome.Failed, state.Step, Reason: reason, Message: error?.Message ?? failure.Message, Seconds: clock.Elapsed.TotalSeconds));
            }
            catch (Exception lost) when (lost is UserError or IOException)
            {
                // The last event can be lost, on a disk that is full; what went wrong first is what must be told.
            }

            if (error is null || ReferenceEquals(error, failure)) throw;
            throw error;
        }
        finally
        {
            wandb?.Dispose();
            tensorBoard?.Dispose();
        }
    }

    private static RunOutcome Train(
        TrainParameters parameters, RunFolder run, EventLog log, CheckpointFolder? checkpoint, IEventSink events, TrainingState state, Stopwatch clock, CancellationToken stop,
        RankGroup group)
    {
        events.Write(new PhaseChanged(Phases.ReadingData));
        var tokenizerFolder = Path.Combine(run.Path, "tokenizer");
        var subject = TrainingSubject.Prepare(parameters, tokenizerFolder);
        var told = new HashSet<string>();
        Check(parameters, subject, data: null, run, told, events);

        using var data = TrainingRows.Prepare(parameters, subject, tokenizerFolder, Path.Combine(run.Path, "data"), events, stop);
        Check(parameters, subject, data, run, told, events);

        stop.ThrowIfCancellationRequested();
        RunAnnouncement.Make(group, run.Path, checkpoint?.Path);
        events.Write(new PhaseChanged(Phases.LoadingModel));
        var device = TrainingDevice.Of(parameters, UnmaskRuntime.Start().CudaAvailable);
        using var trained = subject.LoadWeights(device, TrainingDevice.Dtype(parameters), warning => events.Write(new Notice(NoticeLevel.Warning, warning)));
        var model = trained.Model;
        model.ActivationCheckpointing = parameters.ActivationCheckpointing;
        if (checkpoint is null && subject.Adapter is { } plan) events.Write(new Notice(NoticeLevel.Info, Describe(plan, subject.Config)));
        void AddFiles(string folder)
        {
            subject.Tokenizer.Save(folder);
            GenerationConfig.Of(parameters).Write(folder);
        }

        var builder = new TrainingBuilder(parameters, subject);
        using var optimizer = builder.Optimizer(trained, group.Collectives);
        var keeper = new CheckpointKeeper(run, log, events, trained, optimizer, AddFiles, group.Collectives) { KeepLast = parameters.SaveTotalLimit, KeepBest = parameters.KeepBest };
        if (checkpoint is not null) state.Take(CheckpointFiles.Load(checkpoint.Path, trained, optimizer));

        // Asked to stop while it prepared: there is nothing to save yet.
        if (group.Size == 1) stop.ThrowIfCancellationRequested();

        var answers = new TrainingAnswers(parameters, subject, model);
        var setup = builder.Setup(data, model, optimizer, keeper, group.Collectives) with { Preview = answers.Preview(data), Watched = parameters.LogHistograms ? trained.Parameters : null };
        if (!new Trainer(setup, events).Run(state, stop))
        {
            group.AfterFirst();
            events.Write(new RunFinished(RunOutcome.Stopped, state.Step, Message: $"Stopped after step {state.Step} of {setup.Plan.TotalSteps}. Resume with: unmask train --resume {ShellWord.QuotePath(run.Path)}", Seconds: clock.Elapsed.TotalSeconds));
            return RunOutcome.Stopped;
        }

        if (answers.FinalMeasure() is { } measure)
        {
            events.Write(new PhaseChanged(Phases.FinalEvaluation, Done: 0, Total: answers.FinalRows));
            events.Write(measure.Measure(state.Step, done => events.Write(new PhaseChanged(Phases.FinalEvaluation, Done: done, Total: answers.FinalRows)), stop));
        }

        events.Write(new PhaseChanged(Phases.SavingModel));
        string result;
        using (var draft = FolderDraft.Begin(run.OutputsPath))
        {
            var lineage = RunLineage.Of(parameters, run, subject, data.Report, state);
            result = trained.WriteOutputs(draft.Path, (folder, kind) =>
            {
                AddFiles(folder);
                (lineage with { Kind = kind }).Write(folder);
                ModelCard.Write(lineage with { Kind = kind }, folder);
            });
            draft.Complete();
        }

        events.Write(new RunFinished(RunOutcome.Done, state.Step, run.Relative(Path.Combine(run.OutputsPath, result)), Seconds: clock.Elapsed.TotalSeconds));
        log.Sync();
        group.AfterFirst();
        return RunOutcome.Done;
    }

    private static string Describe(AdapterPlan plan, ModelConfig config) => string.Create(
        CultureInfo.InvariantCulture,
        $"Adapter of rank {plan.Settings.Rank} and alpha {plan.Settings.Alpha}{(plan.Settings.Dora ? " (DoRA)" : "")} on {plan.Layers.Count} layers: {plan.OwnElements:N0} trainable parameters; ")
        + (plan.SavedElements == 0 ? string.Create(CultureInfo.InvariantCulture, $"the {config.ParameterCount:N0} of the base model are frozen.") : string.Create(CultureInfo.InvariantCulture, $"{plan.SavedElements:N0} of the base model are trained as well, the others are frozen."));

    /// <summary>All rules that what is known by now can decide. Each warning is told once.</summary>
    private static void Check(TrainParameters parameters, TrainingSubject subject, PreparedData? data, RunFolder run, HashSet<string> told, IEventSink events)
    {
        // The checkpoints that a resumed run has already make room for the new ones.
        var present = run.Checkpoints.All.Sum(checkpoint => checkpoint.Manifest?.Bytes ?? 0);
        var problems = ParameterValidation.Check(parameters, RunFacts.Of(subject, data, RunNeeds.Of(parameters, subject, data), run.Path, present));
        ThrowIfAny(problems);
        foreach (var warning in problems.Where(warning => told.Add(warning.Sentence))) events.Write(new Notice(NoticeLevel.Warning, warning.Sentence));
    }

    private static void ThrowIfAny(IEnumerable<Problem> problems) =>
        UserError.ThrowIfAny([.. problems.Where(problem => problem.Severity == Severity.Error).Select(problem => problem.Sentence)]);

    private static RunStarted Started(TrainParameters parameters, RunFolder run, EngineReport engine, RankGroup group) => new(
        run.Id, parameters.AdaptorName, ConfigFile.ToDictionary(parameters),
        new Dictionary<string, string>
        {
            ["unmask"] = typeof(TrainingRun).Assembly.GetName().Version?.ToString(3) ?? "unknown",
            ["dotnet"] = Environment.Version.ToString(),
            ["torchsharp"] = engine.TorchSharpVersion,
            ["libtorch"] = engine.LibTorchVersion,
        },
        new Dictionary<string, string>
        {
            ["system"] = RuntimeInformation.OSDescription,
            ["processor"] = RuntimeInformation.ProcessArchitecture.ToString(),
            ["threads"] = get_num_threads().ToString(CultureInfo.InvariantCulture),
            ["memory_bytes"] = MachineMemory.Bytes.ToString(CultureInfo.InvariantCulture),
            ["device"] = TrainingDevice.Of(parameters, engine.CudaAvailable).ToString(),
            ["processes"] = group.Size.ToString(CultureInfo.InvariantCulture),
            ["collectives"] = group.Collectives.Name,
        });

    private static (FailureReason Reason, UserError? Error) Explain(Exception failure, long step, RunFolder run) => failure switch
    {
        NumericDivergence divergence => (FailureReason.NumericDivergence, new UserError(
            $"Training diverged at step {step + 1}: {divergence.Message}. The weights were left as they were after step {step}. "
            + $"Lower learning_rate, lengthen warmup_ratio or lower max_grad_norm, and start again{(run.WayOn is null ? "" : $"; checkpoints so far are in {run.Checkpoints.Path}")}.")),
        UserError error when StorageFailure.IsDiskFull(error) => (FailureReason.DiskFull, WithWayOn(error, run)),
        IOException full when StorageFailure.IsDiskFull(full) => (FailureReason.DiskFull, WithWayOn(StorageFailure.Explain(full, run.Path), run)),
        _ => Explain(failure),
    };

    /// <summary>What kind of failure it is, and what to tell the user; no error where it is a bug.</summary>
    internal static (FailureReason Reason, UserError? Error) Explain(Exception failure) => failure switch
    {
        UserError error => (FailureReason.DataInvalid, error),
        OutOfMemoryException => (FailureReason.OutOfMemory, new UserError("There is not enough memory. Lower batch_size (and raise gradient_accumulation_steps by the same factor) or max_length.")),
        ExternalException native when native.Message.Contains("not enough memory", StringComparison.OrdinalIgnoreCase) || native.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
            => (FailureReason.OutOfMemory, new UserError("There is not enough memory. Lower batch_size (and raise gradient_accumulation_steps by the same factor) or max_length.")),
        _ => (FailureReason.Internal, null),
    };

    /// <summary>What was trained is not lost: where there is a checkpoint, the way to go on from it is told too.</summary>
    private static UserError WithWayOn(UserError error, RunFolder run) => run.WayOn is { } way ? new UserError([.. error.Problems, way]) : error;
}
