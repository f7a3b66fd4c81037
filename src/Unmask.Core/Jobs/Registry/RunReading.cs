using Microsoft.Data.Sqlite;
using Unmask.Core.Jobs.Status;
using Unmask.Core.Runs;

namespace Unmask.Core.Jobs.Registry;

/// <summary>What a run's folder holds, as far as it can be read. Reading it never fails: what is wrong is a part of it.</summary>
/// <param name="IsHeld">A process writes it.</param>
/// <param name="Progress">What it reported.</param>
/// <param name="Settings">What its config.yaml says; null when that cannot be read.</param>
/// <param name="Job">Its job.json; null when it has none, or that cannot be read.</param>
/// <param name="Fault">Why its settings or events cannot be read, in a sentence.</param>
/// <param name="JobFault">Why its job.json cannot be read, in a sentence.</param>
internal sealed record RunReading(bool IsHeld, RunProgress Progress, RunDigest? Settings, JobRecord? Job, string? Fault, string? JobFault)
{
    /// <summary>Whether a folder is that of a run, be it a damaged one.</summary>
    public static bool IsRun(string folder) =>
        !Path.GetFileName(folder).StartsWith('.') && ((string[])[RunFolder.ConfigName, RunFolder.EventsName, JobRecord.FileName]).Any(name => Path.Exists(Path.Combine(folder, name)));

    /// <summary>Reads a folder.</summary>
    /// <param name="folder">The run.</param>
    /// <param name="follow">Reads its events.</param>
    public static RunReading From(string folder, Func<string, RunProgress> follow)
    {
        bool held = RunFolder.IsHeld(folder);
        (RunProgress progress, string? fault) = Followed(folder, follow);
        RunDigest? settings = RunDigest.Read(Path.Combine(folder, RunFolder.ConfigName), out string? unreadable);
        JobRecord? job = JobRecord.Read(folder, out string? jobFault);
        return new(held, progress, settings, job, unreadable ?? fault, jobFault);
    }

    private static (RunProgress Progress, string? Fault) Followed(string folder, Func<string, RunProgress> follow)
    {
        try
        {
            return (follow(folder), null);
        }
        catch (Exception unreadable) when (unreadable is not (SqliteException or OutOfMemoryException))
        {
            // Whatever comes up while a run's own file is read, the file is what is wrong, unless it is the index.
            return (RunProgress.None, unreadable is UserError ? unreadable.Message : $"{Path.Combine(folder, RunFolder.EventsName)} cannot be read: {unreadable.Message.TrimEnd('.')}. Restore the file from a copy, or delete it.");
        }
    }
}
