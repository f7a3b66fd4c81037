using System.Diagnostics;
using System.Text.Json;

using Unmask.Core;
using Unmask.Core.Events;
using Unmask.Core.Runs;
using Unmask.Engine.Weights;

namespace Unmask.Engine.Training;

/// <summary>
/// Saves and restores a run: what it trains, optimiser, counters. Together with the pure functions that make data order, noise and
/// learning rate from seed and step, that is everything a step depends on.
/// </summary>
/// <param name="run">The run folder.</param>
/// <param name="log">The run's own event log, whose place is part of a checkpoint.</param>
/// <param name="events">Where to report.</param>
/// <param name="trained">What is trained.</param>
/// <param name="optimizer">Its optimiser.</param>
/// <param name="addFiles">Writes what else makes a model folder: the tokenizer, how to sample.</param>
public sealed class CheckpointKeeper(
    RunFolder run, EventLog log, IEventSink events, ITrainedWeights trained, AdamW optimizer, Action<string> addFiles)
{
    private const string OptimizerFile = "optimizer.safetensors";
    private const string StateFile = "training_state.json";

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
        trained.Write(draft.Path);
        addFiles(draft.Path);
        SafetensorsWriter.Write(Path.Combine(draft.Path, OptimizerFile), [.. optimizer.State().Select(p => new NamedTensor(p.Name, p.Value))]);
        using (var file = draft.Create(StateFile)) JsonSerializer.Serialize(file, state, EventFormat.Options);
        var checkpoint = draft.Complete();
        run.Checkpoints.Prune(KeepLast, KeepBest);
        events.Write(new CheckpointSaved(state.Step, run.Relative(checkpoint.Path), kind, checkpoint.Manifest?.Bytes, clock.Elapsed.TotalSeconds));
    }

    /// <summary>Puts what is trained and its optimiser where they were when <paramref name="checkpoint"/> was saved, and gives its counters.</summary>
    public TrainingState Load(CheckpointFolder checkpoint)
    {
        trained.Read(checkpoint.Path);
        using (var moments = SafetensorsFile.Open(Path.Combine(checkpoint.Path, OptimizerFile)))
        {
            foreach (var (name, value) in optimizer.State()) moments.CopyTo(name, value);
        }

        var state = JsonSerializer.Deserialize<TrainingState>(File.ReadAllBytes(Path.Combine(checkpoint.Path, StateFile)), EventFormat.Options)
            ?? throw new UserError($"{Path.Combine(checkpoint.Path, StateFile)} is empty; remove this checkpoint folder so that an older one is used.");
        optimizer.Restore(state.Step);
        return state;
    }
}
