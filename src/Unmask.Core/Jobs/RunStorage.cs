using Unmask.Core.Jobs.Feeds;
using Unmask.Core.Jobs.Registry;
using Unmask.Core.Jobs.Status;
using Unmask.Core.Runs.Checkpoints;
using Unmask.Core.Storage;

namespace Unmask.Core.Jobs;

/// <summary>What runs take on the disk, and deleting them, whole or in part. All members may be called from any thread.</summary>
public sealed class RunStorage
{
    private readonly RunRegistry registry;
    private readonly RunFeed feed;
    private readonly AdoptedRuns adopted;

    internal RunStorage(RunRegistry registry, RunFeed feed, AdoptedRuns adopted) => (this.registry, this.feed, this.adopted) = (registry, feed, adopted);

    /// <summary>What a run takes on the disk.</summary>
    /// <exception cref="UserError">There is no such run.</exception>
    public RunSizes SizesOf(string id) => SizesOf(registry.Get(id));

    /// <summary>What all runs take on the disk.</summary>
    public RunDiskUse DiskUse()
    {
        RunDiskUse all = new(0, 0, 0, 0, 0);
        foreach (ScheduledRun run in registry.All)
        {
            RunSizes sizes = SizesOf(run);
            bool succeeded = run.State.Status == RunStatus.Succeeded;
            all = run.State.Job.Archived ? all with { Archived = all.Archived + sizes.All } : all with
            {
                FinishedCheckpoints = all.FinishedCheckpoints + (succeeded ? sizes.Checkpoints : 0),
                OpenCheckpoints = all.OpenCheckpoints + (succeeded ? 0 : sizes.Checkpoints),
                Outputs = all.Outputs + sizes.Outputs,
                Rest = all.Rest + Math.Max(0, sizes.All - sizes.Checkpoints - sizes.Outputs),
            };
        }

        return all;
    }

    /// <summary>Makes room on the disk. Runs that live or wait are left alone.</summary>
    /// <returns>Runs that were touched, and bytes that were freed.</returns>
    /// <exception cref="UserError">The disk refuses.</exception>
    public (int Runs, long Bytes) CleanUp(RunCleanUp what)
    {
        RunParts parts = what == RunCleanUp.ArchivedRuns ? RunParts.All : RunParts.Checkpoints;
        List<string> fitting = [.. registry.All.Where(run => what == RunCleanUp.ArchivedRuns
            ? run.State is { Job.Archived: true, IsLive: false, Status: not RunStatus.Queued }
            : run.State is { Job.Archived: false, Status: RunStatus.Succeeded }).Select(run => run.Id)];
        long[] freed = [.. fitting.Select(id => Delete(id, parts)).Where(bytes => bytes > 0)];
        return (freed.Length, freed.Sum());
    }

    /// <summary>Keeps a checkpoint whatever newer ones come, or lets it be removed in its turn.</summary>
    /// <exception cref="UserError">There is no such run or checkpoint.</exception>
    public void KeepCheckpoint(string id, long step, bool keep)
    {
        ScheduledRun run = registry.Get(id);
        CheckpointOf(run, step).Keep(keep);
        registry.Update(run, state => state with { });
    }

    /// <summary>Deletes one checkpoint of a run.</summary>
    /// <returns>Bytes that were freed.</returns>
    /// <exception cref="UserError">There is no such run or checkpoint, or as with <see cref="Delete(string, RunParts)"/>.</exception>
    public long DeleteCheckpoint(string id, long step)
    {
        CheckpointFolder checkpoint = CheckpointOf(registry.Get(id), step);
        return Delete(id, all: false, _ =>
        {
            long bytes = FileWalk.Bytes(checkpoint.Path);
            checkpoint.Remove();
            return bytes;
        });
    }

    /// <summary>Deletes a run, or its checkpoints or final model.</summary>
    /// <returns>Bytes that were freed.</returns>
    /// <exception cref="UserError">It lives, or waits and would lose what it resumes from, or the disk refuses.</exception>
    public long Delete(string id, RunParts parts) =>
        Delete(id, parts.HasFlag(RunParts.All), run => parts.HasFlag(RunParts.All) ? DeleteAll(run) : DeleteParts(run.Path, parts));

    /// <summary>The checkpoint of a step.</summary>
    /// <exception cref="UserError">There is none.</exception>
    internal static CheckpointFolder CheckpointOf(ScheduledRun run, long step) =>
        new CheckpointStore(Path.Combine(run.Path, "checkpoints")).All.FirstOrDefault(checkpoint => checkpoint.Step == step)
            ?? throw new UserError($"This run has no checkpoint of step {step} any more; choose one that is there.");

    private long Delete(string id, bool all, Func<ScheduledRun, long> delete)
    {
        ScheduledRun run = registry.Get(id);
        registry.Update(run, state =>
        {
            if (state.IsDeleting) throw RunRegistry.NoRun(id);
            if (state.IsLive) throw new UserError($"{state.Job.Name} is {state.Word}; stop it before you delete anything of it.");
            if (state.Status == RunStatus.Queued && !all) throw new UserError($"{state.Job.Name} is queued and needs its files. Remove the run from the queue first.");
            return state with { IsDeleting = true };
        }, kind: null);
        try
        {
            long freed = delete(run);
            if (all) registry.Remove(run);
            else registry.Update(run, state => state with { IsDeleting = false });
            return freed;
        }
        catch (Exception failure) when (failure is UserError || StorageFailure.IsStorage(failure))
        {
            registry.Update(run, state => state with { IsDeleting = false });
            if (failure is UserError) throw;
            throw new UserError($"{run.Path} cannot be deleted: {failure.Message.TrimEnd('.')}. Close what uses it and try again.");
        }
    }

    private long DeleteAll(ScheduledRun run)
    {
        // Nobody takes the run up between the look and the deletion.
        using FileStream held = HeldFile.TryAcquire(Path.Combine(run.Path, "run.lock")) ?? throw new UserError($"{run.State.Job.Name} is being written by another process; stop that first.");
        if (OperatingSystem.IsWindows()) held.Dispose();
        long bytes = FileWalk.Bytes(run.Path);
        FolderDraft.Remove(run.Path);
        feed.Forget(run.Path);
        adopted.Remove(run.Path);
        return bytes;
    }

    private static long DeleteParts(string folder, RunParts parts)
    {
        long freed = 0;
        foreach ((RunParts part, string name) in ((RunParts, string)[])[(RunParts.Checkpoints, "checkpoints"), (RunParts.Outputs, "outputs")])
        {
            string path = Path.Combine(folder, name);
            if (!parts.HasFlag(part) || !Directory.Exists(path)) continue;
            freed += FileWalk.Bytes(path);
            FolderDraft.Remove(path);
            if (part == RunParts.Checkpoints) Directory.CreateDirectory(path);
        }

        return freed;
    }

    // A live run may replace a checkpoint while we count; the next count is right.
    private static RunSizes SizesOf(ScheduledRun run) =>
        new(FileWalk.Bytes(Path.Combine(run.Path, "checkpoints")), FileWalk.Bytes(Path.Combine(run.Path, "outputs")), FileWalk.Bytes(run.Path));
}
