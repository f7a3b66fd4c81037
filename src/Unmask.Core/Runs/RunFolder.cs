using System.Security.Cryptography;
using System.Text;
using Unmask.Core.Events;
using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Recipes;
using Unmask.Core.Runs.Checkpoints;
using Unmask.Core.Runs.Processes;
using Unmask.Core.Storage;

namespace Unmask.Core.Runs;

/// <summary>
/// A run on disk: the truth about it. <c>config.yaml</c> (every setting), <c>events.jsonl</c>, <c>tensorboard/</c>, <c>checkpoints/</c>,
/// <c>outputs/</c> (the final model, absent until it is complete). While open it is locked: one process writes a run.
/// </summary>
public sealed class RunFolder : IDisposable
{
    private readonly FileStream runLock;
    private readonly Lock eventsGate = new();

    /// <summary>The log of this process, once it is open.</summary>
    private EventLog? events;

    /// <summary>The folder was there before the run, so it is not ours to remove.</summary>
    private readonly bool wasThere;

    private RunFolder(string path, string id, bool wasThere)
    {
        Path = path;
        Id = id;
        this.wasThere = wasThere;
        runLock = RunLock.Acquire(path);
        Checkpoints = new(System.IO.Path.Combine(path, "checkpoints"));
    }

    public string Path { get; }

    /// <summary>Time-based id that sorts by start, e.g. 20260131-120000.</summary>
    public string Id { get; }

    /// <summary>Name of the file with every setting.</summary>
    public const string ConfigName = "config.yaml";

    /// <summary>Name of the file with every event.</summary>
    public const string EventsName = "events.jsonl";

    public string ConfigPath => System.IO.Path.Combine(Path, ConfigName);

    public string EventsPath => System.IO.Path.Combine(Path, EventsName);

    public string TensorBoardPath => System.IO.Path.Combine(Path, "tensorboard");

    /// <summary>The final model as a Hugging Face folder; write it through <see cref="FolderDraft"/>.</summary>
    public string OutputsPath => System.IO.Path.Combine(Path, "outputs");

    public CheckpointStore Checkpoints { get; }

    /// <summary>SHA-256 of config.yaml, kept in every checkpoint.</summary>
    public string ConfigSha256 => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(ConfigPath)));

    /// <summary>Makes the folder of a new run, with its config.yaml.</summary>
    /// <param name="parameters">Checked settings.</param>
    /// <param name="runDir">
    /// The folder to use, absent or empty (what a process left that was killed while it made a run there counts as nothing); null makes one
    /// named by time in <c>output_dir</c>.
    /// </param>
    /// <param name="clock">For tests; null for the system's.</param>
    /// <exception cref="UserError">The folder is in use, not empty, or cannot be written.</exception>
    public static RunFolder Create(TrainParameters parameters, string? runDir = null, TimeProvider? clock = null)
    {
        string id = NewId(clock ?? TimeProvider.System);
        RunFolder? run = null;
        try
        {
            bool wasThere = Directory.Exists(runDir);
            string path = runDir is null ? NewFolder.Free(System.IO.Path.GetFullPath(parameters.OutputDir), $"{id}-{parameters.AdaptorName}") : GivenFolder(runDir);
            run = new RunFolder(path, id, wasThere);
            if (wasThere) FolderDraft.CleanUp(path);
            Directory.CreateDirectory(run.TensorBoardPath);
            Directory.CreateDirectory(run.Checkpoints.Path);
            Durable.WriteFile(run.ConfigPath, Encoding.UTF8.GetBytes(ConfigFile.Write(parameters)));
            return run;
        }
        catch (Exception failure) when (failure is UserError || StorageFailure.IsStorage(failure))
        {
            run?.Discard();
            if (failure is UserError) throw;
            throw StorageFailure.Explain(failure, runDir ?? parameters.OutputDir);
        }
    }

    /// <summary>Makes an empty folder for a new run, named by time in <c>output_dir</c>, for another process to use.</summary>
    /// <exception cref="UserError">It cannot be made.</exception>
    public static string NewPath(TrainParameters parameters)
    {
        try
        {
            return NewFolder.Free(System.IO.Path.GetFullPath(parameters.OutputDir), $"{NewId(TimeProvider.System)}-{parameters.AdaptorName}");
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            throw StorageFailure.Explain(failure, parameters.OutputDir);
        }
    }

    /// <summary>Opens a run to go on with it, and removes what an interrupted save left behind.</summary>
    /// <exception cref="UserError">It is no run folder, or another process writes it.</exception>
    public static RunFolder Open(string path)
    {
        string full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        if (!Directory.Exists(full)) throw new UserError($"{path} does not exist; name the folder of a run, such as runs/20260131-120000-adaptor.");
        if (!File.Exists(System.IO.Path.Combine(full, "config.yaml")))
            throw new UserError($"{path} is not the folder of a run: it has no config.yaml. Name a folder that unmask train made.");
        try
        {
            var run = new RunFolder(full, IdOf(full), wasThere: true);
            FolderDraft.CleanUp(full);
            run.Checkpoints.CleanUp();
            return run;
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            throw StorageFailure.Explain(failure, full);
        }
    }

    /// <summary>Did <see cref="Open"/> or <see cref="Create"/> refuse because another process writes the run? Then nothing is wrong with it.</summary>
    public static bool IsHeldByAnother(UserError error) => RunLock.IsRefusal(error);

    /// <summary>Whether a process writes the run now.</summary>
    public static bool IsHeld(string path) => RunLock.IsHeld(path);

    /// <summary>The process that writes the run, or wrote it last; null when that is not known.</summary>
    public static ProcessIdentity? HolderOf(string path) => RunLock.Holder(path);

    /// <summary>The settings in config.yaml.</summary>
    /// <exception cref="UserError">The file was changed so that it cannot be used.</exception>
    public TrainParameters ReadConfig() => Recipe.Load(ConfigPath).Checked();

    /// <summary>The log of a new run.</summary>
    public EventLog StartEvents()
    {
        lock (eventsGate) return events = EventLog.Create(EventsPath);
    }

    /// <summary>
    /// Writes the last event of this process, whatever its other threads do meanwhile. It must end right after. Does nothing when the run has told its
    /// end already.
    /// </summary>
    /// <returns>Whether it was written.</returns>
    public bool WriteLastEvent(RunFinished last)
    {
        // Held for good, as the log's own: nobody sets the log back behind the end that it tells.
        eventsGate.Enter();
        bool written = false;
        try
        {
            return written = (events ??= EventLog.Append(EventsPath)).WriteLast(last);
        }
        finally
        {
            if (!written) eventsGate.Exit();
        }
    }

    /// <summary>
    /// Where to go on: the newest checkpoint that verifies, with the log set back to it. Checkpoints that were passed over are reported in
    /// the log and set aside. Without any checkpoint the run starts over (step 0) with an empty log.
    /// </summary>
    /// <exception cref="UserError">config.yaml was changed since.</exception>
    public (CheckpointFolder? Checkpoint, EventLog Events, IReadOnlyList<CheckpointRejected> Rejected) Resume()
    {
        (CheckpointFolder? checkpoint, IReadOnlyList<CheckpointRejected> rejected) = Checkpoints.NewestThatVerifies();
        CheckpointManifest? manifest = checkpoint?.Manifest;
        if (manifest is not null && manifest.ConfigSha256 != ConfigSha256)
        {
            throw new UserError($"{ConfigPath} was changed after {Relative(checkpoint!.Path)} was saved, and a resumed run keeps its settings; "
                + "put the old file back, or start a new run with the changed one.");
        }

        CheckpointSaved? saved = manifest is null ? null : new(manifest.Step, Relative(checkpoint!.Path), manifest.Saved, manifest.Bytes);
        EventLog log;
        lock (eventsGate) events = log = EventLog.Resume(EventsPath, manifest?.EventPosition ?? 0, saved);
        foreach (CheckpointRejected one in rejected) log.Write(one);
        Checkpoints.SetAsideAfter(manifest?.Step ?? -1);
        return (checkpoint, log, rejected);
    }

    /// <summary>The final model, when every step was made and it is in place; null before.</summary>
    public string? FinishedModel => Directory.Exists(OutputsPath) && EventLog.Read(EventsPath).LastOrDefault() is RunFinished { Outcome: RunOutcome.Done, Model: { } result }
        ? System.IO.Path.Combine(Path, result)
        : null;

    /// <summary>How to go on with the run, in a sentence; null where it has no checkpoint yet.</summary>
    public string? WayOn => Checkpoints.All is [.., var newest] ? $"The run is saved up to step {newest.Step}. Resume with: unmask train --resume {ShellWord.QuotePath(Path)}" : null;

    /// <summary>A path inside the run folder as events hold it: relative, with forward slashes.</summary>
    public string Relative(string path) => System.IO.Path.GetRelativePath(Path, path).Replace(System.IO.Path.DirectorySeparatorChar, '/');

    /// <summary>Releases the lock and removes the run, in which nothing is worth keeping. A folder that was there before stays, empty.</summary>
    public void Discard()
    {
        Dispose();
        if (!wasThere)
        {
            Directory.Delete(Path, recursive: true);
            return;
        }

        foreach (string file in Directory.EnumerateFiles(Path)) File.Delete(file);
        foreach (string folder in Directory.EnumerateDirectories(Path)) Directory.Delete(folder, recursive: true);
    }

    /// <summary>Releases the lock.</summary>
    public void Dispose() => runLock.Dispose();

    private static string NewId(TimeProvider clock) => clock.GetUtcNow().ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture);

    private static string GivenFolder(string runDir)
    {
        string path = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(runDir));
        if (File.Exists(path)) throw new UserError($"{runDir} is a file; name a folder for the run that is absent or empty.");
        if (Directory.Exists(path) && !IsUnborn(path) && Directory.EnumerateFileSystemEntries(path).Any())
        {
            throw new UserError(File.Exists(System.IO.Path.Combine(path, "config.yaml"))
                ? $"{runDir} already has a run. Use another folder, or resume the run: unmask train --resume {ShellWord.QuotePath(runDir)}"
                : $"{runDir} is not empty; name a folder for the run that is absent or empty.");
        }

        return Directory.CreateDirectory(path).FullName;
    }

    /// <summary>Does the folder hold nothing but what <see cref="Create"/> makes before config.yaml, the birth of a run, is in place?</summary>
    private static bool IsUnborn(string path) => File.Exists(System.IO.Path.Combine(path, RunLock.FileName)) && Directory.EnumerateFileSystemEntries(path).All(entry =>
        System.IO.Path.GetFileName(entry) is RunLock.FileName or RunLock.HolderName
        || System.IO.Path.GetFileName(entry).StartsWith($"{FolderDraft.DraftPrefix}{RunLock.HolderName}", StringComparison.Ordinal)
        || System.IO.Path.GetFileName(entry).StartsWith($"{FolderDraft.DraftPrefix}{ConfigName}", StringComparison.Ordinal)
        || (System.IO.Path.GetFileName(entry) is "tensorboard" or "checkpoints" && Directory.Exists(entry) && !Directory.EnumerateFileSystemEntries(entry).Any()));

    private static string IdOf(string path) =>
        EventLog.Read(System.IO.Path.Combine(path, "events.jsonl")).OfType<RunStarted>().FirstOrDefault()?.RunId ?? System.IO.Path.GetFileName(path);
}
