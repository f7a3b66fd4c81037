using System.Text.Json;
using Unmask.Core.Events;
using Unmask.Core.Parameters.Recipes;
using Unmask.Core.Runs;
using Unmask.Engine.Collectives;
using Unmask.Engine.Runtime;
using Unmask.Engine.Training;
using Unmask.Engine.Training.Checkpoints;
using Unmask.Engine.Training.Preparation;
using Unmask.Engine.Training.State;

namespace Unmask.Engine.Runs;

/// <summary>What the first process tells the others when everything is checked and prepared.</summary>
/// <param name="Run">The run folder.</param>
/// <param name="Checkpoint">The checkpoint to go on from; null for the start.</param>
internal sealed record RunAnnouncement(string Run, string? Checkpoint)
{
    /// <summary>Tells the others, who have slept until now.</summary>
    public static void Make(RankGroup group, string run, string? checkpoint)
    {
        if (group.Size == 1) return;
        group.AfterFirst();
        group.Collectives.Gather(JsonSerializer.SerializeToUtf8Bytes(new RunAnnouncement(run, checkpoint)));
    }

    /// <summary>Waits for it.</summary>
    public static RunAnnouncement Await(RankGroup group)
    {
        group.AfterFirst();
        return JsonSerializer.Deserialize<RunAnnouncement>(group.Collectives.Gather([])[0])!;
    }
}

/// <summary>A training run in a process that is not the first: it computes its parts of each step, and writes nothing but its share of the checkpoints.</summary>
public static class FollowedRun
{
    private sealed class Unheard : IEventSink
    {
        public void Write(RunEvent happened)
        {
        }
    }

    /// <summary>Trains along until the first process ends the run.</summary>
    /// <param name="group">The processes.</param>
    /// <param name="stop">Asks this process, and through it all of them, to save and end.</param>
    /// <exception cref="UserError">Something failed here; the others are told.</exception>
    public static void Train(RankGroup group, CancellationToken stop)
    {
        try
        {
            Follow(group, stop);
        }
        catch (Exception end) when (end is OperationCanceledException or NumericDivergence)
        {
            // The first process has ended the run, or comes to the same end by the same numbers; it tells how.
        }
        catch (Exception failure)
        {
            var (reason, error) = TrainingRun.Explain(failure);
            group.Fail(reason, $"Rank {group.Rank} ({Environment.MachineName}, process {Environment.ProcessId}) failed: {error?.Message ?? failure.Message}");
            if (error is null || ReferenceEquals(error, failure)) throw;
            throw error;
        }
    }

    private static void Follow(RankGroup group, CancellationToken stop)
    {
        UnmaskRuntime.Start();
        var told = RunAnnouncement.Await(group);
        var config = Path.Combine(told.Run, RunFolder.ConfigName);
        if (!File.Exists(config)) throw new UserError($"the run folder {told.Run} is not to be seen on {Environment.MachineName}; all machines of a run need it on a file system that they share (set output_dir or --run-dir).");
        var parameters = Recipe.Load(config).Checked();
        RankThreads.Apply(parameters, group);

        var silent = new Unheard();
        var tokenizer = Path.Combine(told.Run, "tokenizer");
        var subject = TrainingSubject.Prepare(parameters, tokenizer);
        using var data = TrainingRows.Prepare(parameters, subject, tokenizer, Path.Combine(told.Run, "data"), silent, stop);
        using var trained = subject.LoadWeights(TrainingDevice.Of(parameters, UnmaskRuntime.Start().CudaAvailable), TrainingDevice.Dtype(parameters), static _ => { });
        trained.Model.ActivationCheckpointing = parameters.ActivationCheckpointing;
        var builder = new TrainingBuilder(parameters, subject);
        using var optimizer = builder.Optimizer(trained, group.Collectives);
        var state = new TrainingState();
        if (told.Checkpoint is { } checkpoint) state.Take(CheckpointFiles.Load(checkpoint, trained, optimizer));

        var setup = builder.Setup(data, trained.Model, optimizer, new CheckpointFollower(trained, optimizer, group.Collectives), group.Collectives);
        new Trainer(setup, silent).Run(state, stop);
        group.AfterFirst();
    }
}
