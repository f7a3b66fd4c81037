using System.Diagnostics;
using System.Text.Json;
using Unmask.Core.Events;
using Unmask.Core.Runs;
using Unmask.Engine.Collectives;
using Unmask.Engine.Training.Optimization;
using Unmask.Engine.Training.State;

namespace Unmask.Engine.Training.Checkpoints;

/// <summary>
/// Saves and restores a run: what it trains, optimizer, counters. Together with the pure functions that make data order, noise and
/// learning rate from seed and step, that is everything a step depends on.
/// </summary>
/// <param name="run">The run folder.</param>
/// <param name="log">The run's own event log, whose place is part of a checkpoint.</param>
/// <param name="events">Where to report.</param>
/// <param name="trained">What is trained.</param>
/// <param name="optimizer">Its optimizer.</param>
/// <param name="addFiles">Writes what else makes a model folder: the tokenizer, how to sample.</param>
/// <param name="ranks">The processes that train together; this is the first of them, the others have a <see cref="CheckpointFollower"/>.</param>
public sealed class CheckpointKeeper(
    RunFolder run, EventLog log, IEventSink events, ITrainedWeights trained, AdamW optimizer, Action<string> addFiles, ICollectives ranks) : ICheckpoints
{
    private readonly string configSha256 = run.ConfigSha256;

    /// <summary>How many of the newest to keep.</summary>
    public int KeepLast { get; init; } = 2;

    /// <summary>Whether the one with the lowest evaluation loss is kept as well.</summary>
    public bool KeepBest { get; init; } = true;

    /// <summary>Saves; returns when the checkpoint is complete on disk.</summary>
    public void Save(TrainingState state, CheckpointKind kind)
    {
        var clock = Stopwatch.StartNew();
        events.Write(new PhaseChanged(Phases.SavingCheckpoint));
        log.Sync();
        using var draft = run.Checkpoints.Begin(state.Step, kind, configSha256, log.Position, state.LastEvalStep == state.Step ? state.LastEvalLoss : null);
        CheckpointFiles.RequireSameWeights(trained, ranks, state.Step);
        CheckpointFiles.Together(ranks, draft.Path, path =>
        {
            trained.Write(path);
            addFiles(path);
            OptimizerFiles.Write(path, optimizer);
        });
        using (var file = draft.Create(CheckpointFiles.State)) JsonSerializer.Serialize(file, state, EventFormat.Options);
        var checkpoint = draft.Complete();
        run.Checkpoints.Prune(KeepLast, KeepBest);
        events.Write(new CheckpointSaved(state.Step, run.Relative(checkpoint.Path), kind, checkpoint.Manifest?.Bytes, clock.Elapsed.TotalSeconds));
    }
}
