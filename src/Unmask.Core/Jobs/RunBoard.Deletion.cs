using Unmask.Core.Runs;
using Unmask.Core.Storage;
using Unmask.Primitives;

namespace Unmask.Core.Jobs;

/// <summary>Deleting runs, whole or in part.</summary>
public sealed partial class RunBoard
{
    /// <summary>What a run takes on the disk.</summary>
    /// <exception cref="UserError">There is no such run.</exception>
    public RunSizes SizesOf(string id)
    {
        string folder = FilesOf(id).History.Path;
        return new(BytesIn(Path.Combine(folder, "checkpoints")), BytesIn(Path.Combine(folder, "outputs")), BytesIn(folder));
    }

    /// <summary>What all runs take on the disk.</summary>
    public RunDiskUse DiskUse()
    {
        RunDiskUse all = new(0, 0, 0, 0, 0);
        foreach (RunOverview run in List())
        {
            var (checkpoints, outputs, whole) = (BytesIn(Path.Combine(run.Path, "checkpoints")), BytesIn(Path.Combine(run.Path, "outputs")), BytesIn(run.Path));
            all = run.Archived ? all with { Archived = all.Archived + whole } : all with
            {
                FinishedCheckpoints = all.FinishedCheckpoints + (run.Status == RunStatus.Succeeded ? checkpoints : 0),
                OpenCheckpoints = all.OpenCheckpoints + (run.Status == RunStatus.Succeeded ? 0 : checkpoints),
                Outputs = all.Outputs + outputs,
                Rest = all.Rest + Math.Max(0, whole - checkpoints - outputs),
            };
        }

        return all;
    }

    /// <summary>Makes room on the disk. Runs that live or wait are left alone.</summary>
    /// <returns>Runs that were touched, and bytes that were freed.</returns>
    /// <exception cref="UserError">The disk refuses.</exception>
    public (int Runs, long Bytes) CleanUp(RunCleanUp what)
    {
        var (parts, fitting) = what == RunCleanUp.ArchivedRuns
            ? (RunParts.All, List().Where(run => run.Archived && !run.IsLive && run.Status != RunStatus.Queued))
            : (RunParts.Checkpoints, List().Where(run => run is { Archived: false, Status: RunStatus.Succeeded }));
        long[] freed = [.. fitting.Select(run => Delete(run.Id, parts)).Where(bytes => bytes > 0)];
        return (freed.Length, freed.Sum());
    }

    /// <summary>Keeps a checkpoint whatever newer ones come, or lets it be removed in its turn.</summary>
    /// <exception cref="UserError">There is no such run or checkpoint.</exception>
    public void KeepCheckpoint(string id, long step, bool keep)
    {
        CheckpointOf(id, step).Keep(keep);
        lock (gate) Tell(BoardChangeKind.Changed, Known(id));
    }

    /// <summary>Deletes one checkpoint of a run.</summary>
    /// <returns>Bytes that were freed.</returns>
    /// <exception cref="UserError">There is no such run or checkpoint, or as with <see cref="Delete(string, RunParts)"/>.</exception>
    public long DeleteCheckpoint(string id, long step)
    {
        CheckpointFolder checkpoint = CheckpointOf(id, step);
        return Delete(id, all: false, _ =>
        {
            long bytes = BytesIn(checkpoint.Path);
            checkpoint.Remove();
            return bytes;
        });
    }

    /// <summary>Deletes a run, or its checkpoints or final model.</summary>
    /// <returns>Bytes that were freed.</returns>
    /// <exception cref="UserError">It lives, or waits and would lose what it goes on from, or the disk refuses.</exception>
    public long Delete(string id, RunParts parts) =>
        Delete(id, parts.HasFlag(RunParts.All), run => parts.HasFlag(RunParts.All) ? DeleteAll(run) : DeleteParts(run.Path, parts));

    private long Delete(string id, bool all, Func<BoardRun, long> delete)
    {
        BoardRun run;
        lock (gate)
        {
            run = Known(id);
            if (RunTransitions.IsLive(run.Status)) throw new UserError($"{run.Job.Name} is {Word(run.Status)}; stop it before you delete anything of it.");
            if (run.Status == RunStatus.Queued && !all) throw new UserError($"{run.Job.Name} is queued and needs its files. Remove the run from the queue first.");
            run.IsGoing = true;
        }

        try
        {
            long freed = delete(run);
            if (all)
            {
                lock (making) given.Add(id);
            }

            lock (gate)
            {
                run.IsGoing = false;
                if (all) runs.Remove(id);
                Tell(all ? BoardChangeKind.Removed : BoardChangeKind.Changed, run);
            }

            return freed;
        }
        catch (Exception failure) when (failure is UserError || StorageFailure.IsStorage(failure))
        {
            lock (gate) run.IsGoing = false;
            if (failure is UserError) throw;
            throw new UserError($"{run.Path} cannot be deleted: {failure.Message.TrimEnd('.')}. Close what uses it and try again.");
        }
    }

    private long DeleteAll(BoardRun run)
    {
        // Nobody takes the run up between the look and the deletion.
        using (FileStream held = HeldFile.TryTake(Path.Combine(run.Path, "run.lock")) ?? throw new UserError($"{run.Job.Name} is being written by another process; stop that first."))
        {
            if (OperatingSystem.IsWindows()) held.Dispose();
            long bytes = BytesIn(run.Path);
            FolderDraft.Remove(run.Path);
            Index.Forget(run.Path);
            adopted.Remove(run.Path);
            return bytes;
        }
    }

    private static long DeleteParts(string folder, RunParts parts)
    {
        long freed = 0;
        foreach ((RunParts part, string name) in ((RunParts, string)[])[(RunParts.Checkpoints, "checkpoints"), (RunParts.Outputs, "outputs")])
        {
            string path = Path.Combine(folder, name);
            if (!parts.HasFlag(part) || !Directory.Exists(path)) continue;
            freed += BytesIn(path);
            FolderDraft.Remove(path);
            if (part == RunParts.Checkpoints) Directory.CreateDirectory(path);
        }

        return freed;
    }

    // A live run may replace a checkpoint while we count; the next count is right.
    private static long BytesIn(string folder) => FileWalk.Bytes(folder);
}
