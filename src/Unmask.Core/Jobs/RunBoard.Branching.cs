using Unmask.Core.Parameters;
using Unmask.Core.Runs;
using Unmask.Core.Storage;
using Unmask.Primitives;

namespace Unmask.Core.Jobs;

/// <summary>New runs from the weights of a checkpoint.</summary>
public sealed partial class RunBoard
{
    /// <summary>Files of a checkpoint that are the state of its run, not of its model.</summary>
    private static readonly string[] StateOfRun = [CheckpointManifest.FileName, "optimizer.safetensors", "training_state.json"];

    /// <summary>The settings that a branch of a run would have: its own, starting from the checkpoint's weights, with changes.</summary>
    /// <param name="id">The run.</param>
    /// <param name="step">Step of the checkpoint.</param>
    /// <param name="changes">Texts of the form key=value.</param>
    /// <exception cref="UserError">There is no such checkpoint, or a change is wrong.</exception>
    public TrainParameters BranchSettings(string id, long step, IReadOnlyList<string>? changes = null)
    {
        TrainParameters settings = SettingsOf(id, changes);
        return settings with { Model = CheckpointOf(id, step).Path };
    }

    /// <summary>
    /// Queues a new run that starts at step 0 from the weights of another run's checkpoint. They get a place in the new run's folder (without a copy,
    /// where the disk can), so that the other run may go on, prune its checkpoints or be deleted.
    /// </summary>
    /// <param name="id">The run to branch from.</param>
    /// <param name="step">Step of the checkpoint.</param>
    /// <param name="settings">What <see cref="BranchSettings"/> gave, changed at will.</param>
    /// <param name="name">What people call the new run; null for the name of the parent.</param>
    /// <param name="key">As for <see cref="Enqueue"/>.</param>
    /// <returns>The new run's id.</returns>
    /// <exception cref="UserError">The checkpoint is gone or damaged, the settings are wrong, or the disk refuses.</exception>
    public string Branch(string id, long step, TrainParameters settings, string? name = null, string? key = null)
    {
        CheckpointFolder checkpoint = CheckpointOf(id, step);
        string parent;
        lock (gate) parent = Known(id).Settings?.OutputName ?? "run";
        string place = Path.Combine("start", $"{parent}-{Path.GetFileName(checkpoint.Path)}");
        return Make(settings, new RunOrigin(Parent: id, Step: step), name ?? NameOf(id), key, (draft, folder) =>
        {
            try
            {
                string start = Directory.CreateDirectory(Path.Combine(draft, place)).FullName;
                foreach (string file in Directory.EnumerateFiles(checkpoint.Path).Where(file => !StateOfRun.Contains(Path.GetFileName(file)))) FileLink.Make(file, Path.Combine(start, Path.GetFileName(file)));
                if (checkpoint.Fault() is { } fault) throw new UserError($"Checkpoint {step} of {parent} cannot be branched from because {fault}; choose another.");
            }
            catch (Exception failure) when (StorageFailure.IsStorage(failure))
            {
                throw StorageFailure.Explain(failure, folder);
            }

            return settings with { Model = Path.Combine(folder, place) };
        });
    }

    private CheckpointFolder CheckpointOf(string id, long step) =>
        new CheckpointShelf(Path.Combine(FilesOf(id).History.Path, "checkpoints")).All.FirstOrDefault(checkpoint => checkpoint.Step == step)
            ?? throw new UserError($"This run has no checkpoint of step {step} any more; choose one that is there.");
}
