using System.Collections.Concurrent;
using System.Text;
using Unmask.Core.Jobs.Queueing;
using Unmask.Core.Jobs.Registry;
using Unmask.Core.Jobs.Status;
using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Recipes;
using Unmask.Core.Parameters.Validation;
using Unmask.Core.Runs;
using Unmask.Core.Runs.Checkpoints;
using Unmask.Core.Storage;

namespace Unmask.Core.Jobs;

/// <summary>New runs: from settings, from those of another run, or from the weights of a checkpoint. All members may be called from any thread.</summary>
public sealed class RunCreator
{
    /// <summary>Files of a checkpoint that are the state of its run, not of its model.</summary>
    private static readonly string[] StateOfRun = [CheckpointManifest.FileName, "optimizer.safetensors", "training_state.json"];

    private readonly RunRegistry registry;
    private readonly RunQueue queue;
    private readonly string runsPath;
    private readonly TimeProvider clock;
    private readonly Action wake;

    /// <summary>The keys of requests that are under way.</summary>
    private readonly ConcurrentDictionary<string, Task> underWay = new(StringComparer.Ordinal);

    internal RunCreator(RunRegistry registry, RunQueue queue, string runsPath, TimeProvider clock, Action wake) =>
        (this.registry, this.queue, this.runsPath, this.clock, this.wake) = (registry, queue, runsPath, clock, wake);

    /// <summary>Puts a new run at the end of the queue: a run folder with its settings and its place.</summary>
    /// <param name="parameters">Its settings, with absolute paths.</param>
    /// <param name="origin">Where it comes from; null for nothing.</param>
    /// <param name="name">What people call it; null for the setting adaptor_name.</param>
    /// <param name="key">A key of the request: the same key again gives the run that it created, and creates none.</param>
    /// <returns>Its id.</returns>
    /// <exception cref="UserError">The settings are wrong (every problem is reported), or the disk refuses.</exception>
    public string Enqueue(TrainParameters parameters, RunOrigin? origin = null, string? name = null, string? key = null) => Create(parameters, origin, name, key, (_, _) => parameters);

    /// <summary>Queues a new run with the settings of another, but for some changes.</summary>
    /// <param name="id">The run to repeat.</param>
    /// <param name="changes">Texts of the form key=value, such as batch_size=1.</param>
    /// <param name="key">As for <see cref="Enqueue"/>.</param>
    /// <returns>The new run's id.</returns>
    /// <exception cref="UserError">As for <see cref="Enqueue"/>.</exception>
    public string Requeue(string id, IReadOnlyList<string>? changes = null, string? key = null) =>
        Enqueue(registry.Get(id).ReadSettings(changes), new RunOrigin(Parent: id), registry.Get(id).State.Job.Name, key);

    /// <summary>The settings that a branch of a run would have: its own, starting from the checkpoint's weights, with changes.</summary>
    /// <param name="id">The run.</param>
    /// <param name="step">Step of the checkpoint.</param>
    /// <param name="changes">Texts of the form key=value.</param>
    /// <exception cref="UserError">There is no such checkpoint, or a change is wrong.</exception>
    public TrainParameters BranchSettings(string id, long step, IReadOnlyList<string>? changes = null) =>
        registry.Get(id).ReadSettings(changes) with { Model = RunStorage.CheckpointOf(registry.Get(id), step).Path };

    /// <summary>
    /// Queues a new run that starts at step 0 from the weights of another run's checkpoint. They get a place in the new run's folder (without a copy,
    /// where the disk can), so that the other run may be resumed, prune its checkpoints or be deleted.
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
        ScheduledRun run = registry.Get(id);
        CheckpointFolder checkpoint = RunStorage.CheckpointOf(run, step);
        string parent = run.State.Settings?.OutputName ?? "run";
        string place = Path.Combine("start", $"{parent}-{Path.GetFileName(checkpoint.Path)}");
        return Create(settings, new RunOrigin(Parent: id, Step: step), name ?? run.State.Job.Name, key, (draft, folder) =>
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

    private string Create(TrainParameters parameters, RunOrigin? origin, string? name, string? key, Func<string, string, TrainParameters> settingsIn)
    {
        Problem[] problems = [.. ParameterValidation.Check(parameters, ValidationFacts.None).Where(problem => problem.Severity == Severity.Error)];
        UserError.ThrowIfAny([.. problems.Select(problem => problem.Sentence)]);
        string output = OutputOf(parameters, name);
        string id = Once(key, () =>
        {
            DateTimeOffset now = clock.GetUtcNow();
            double order = queue.EndOfQueue();

            // Ids sort by time; two of the same second get a number.
            using FolderDraft draft = FolderDraft.Reserve(runsPath, string.Create(CultureInfo.InvariantCulture, $"{now:yyyyMMdd-HHmmss}-{output}"), candidate => !registry.Claim(candidate));
            string folder = draft.Target;
            var job = new JobRecord
            {
                Id = Path.GetFileName(folder),
                Name = string.IsNullOrWhiteSpace(name) ? parameters.AdaptorName : name.Trim(),
                Created = now,
                State = RunStatus.Queued,
                Order = order,
                Origin = origin,
                Key = key,
            };
            TrainParameters settings = settingsIn(draft.Path, folder) with { AdaptorName = output };
            WriteInto(draft, RunFolder.ConfigName, Encoding.UTF8.GetBytes(ConfigFile.Write(settings)));
            WriteInto(draft, JobRecord.FileName, job.ToBytes());
            draft.Complete();

            // The look at all folders may have found it already.
            registry.Add(new ScheduledRun(new RunState { Path = folder, Job = job, IsOurs = true, Settings = RunDigest.From(settings) }));
            return job.Id;
        });
        wake();
        return id;
    }

    /// <summary>Name of the output and end of the run's id: the setting adaptor_name, or the run's own name where that setting has its default.</summary>
    private static string OutputOf(TrainParameters parameters, string? name) =>
        parameters.AdaptorName == new TrainParameters().AdaptorName && name is not null ? Slug.Of(name, instead: parameters.AdaptorName) : parameters.AdaptorName;

    /// <summary>The run that a key created, else a new one. Of requests with the same key at the same time the later ones wait for the first.</summary>
    private string Once(string? key, Func<string> create)
    {
        if (key is null) return create();
        var mine = new TaskCompletionSource();
        while (underWay.GetOrAdd(key, mine.Task) is var first && first != mine.Task) first.Wait();
        try
        {
            return registry.All.FirstOrDefault(run => run.State.Job.Key == key)?.Id ?? create();
        }
        finally
        {
            underWay.TryRemove(key, out _);
            mine.SetResult();
        }
    }

    private static void WriteInto(FolderDraft draft, string name, byte[] content)
    {
        using Stream file = draft.Create(name);
        file.Write(content);
    }
}
