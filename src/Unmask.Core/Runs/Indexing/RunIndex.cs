using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Dapper;
using Microsoft.Data.Sqlite;
using Unmask.Core.Events;

namespace Unmask.Core.Runs.Indexing;

/// <summary>
/// An index of what runs reported, in one SQLite file: quick to draw from, and worth nothing, since it is made again from the run folders when it is
/// missing or damaged. One thread of one process writes it, so that no lock is held over SQLite; any thread may read beside it.
/// </summary>
public sealed partial class RunIndex : IDisposable
{
    private readonly string path;
    private readonly ConcurrentDictionary<string, Entry> known = new(StringComparer.Ordinal);
    private SqliteConnection writer;

    private long questions;
    private volatile int generation;
    private volatile bool isDamaged;

    /// <summary>What the file holds of a run.</summary>
    private sealed record Entry(long Id, LogPlace Place, RunProgress Progress);

    private RunIndex(string path, SqliteConnection writer, string? notice)
    {
        (this.path, this.writer, Notice) = (path, writer, notice);
        Load();
    }

    /// <summary>How often the file was made anew since it was opened: then every run must be read again.</summary>
    public int Generation => generation;

    /// <summary>A reader found the file damaged or gone: who writes it makes it anew (<see cref="StartAnew"/>).</summary>
    internal bool IsDamaged => isDamaged;

    /// <summary>Questions that were put to the file so far, each on a connection of its own.</summary>
    internal long Questions => Interlocked.Read(ref questions);

    /// <summary>What went wrong with the file, as a sentence for the person; null when nothing did.</summary>
    public string? Notice { get; private set; }

    /// <summary>Opens the index, or makes it. A damaged file is set aside and a new one made; <see cref="Notice"/> says so.</summary>
    /// <exception cref="UserError">The folder cannot be written.</exception>
    public static RunIndex Open(string path)
    {
        (SqliteConnection writer, string? notice) = IndexFile.Open(path);
        try
        {
            return new(path, writer, notice);
        }
        catch (Exception damaged) when (damaged is not (UserError or OutOfMemoryException))
        {
            // A file of the right form with rows that are not; it is worth nothing.
            writer.Dispose();
            (writer, notice) = IndexFile.Replace(path);
            return new(path, writer, notice);
        }
    }

    /// <summary>Whether an error says that the file is gone, damaged, or of a newer program.</summary>
    public static bool IsDamage(SqliteException failure) => IndexFile.IsDamage(failure);

    /// <summary>Up to where the log of a run is in the index.</summary>
    public LogPlace PlaceOf(string run) => known.TryGetValue(run, out Entry? entry) ? entry.Place : default;

    /// <summary>The progress of a run up to there; the same object while nothing was added.</summary>
    public RunProgress ProgressOf(string run) => known.TryGetValue(run, out Entry? entry) ? entry.Progress : RunProgress.None;

    /// <summary>Adds what was read of the log of a run.</summary>
    /// <param name="run">Its folder.</param>
    /// <param name="part">What was read.</param>
    /// <param name="place">Where the reading ended.</param>
    internal void Write(string run, TailPart part, LogPlace place)
    {
        using SqliteTransaction all = writer.BeginTransaction();
        (long id, RunProgress progress) = known.TryGetValue(run, out Entry? entry) ? (entry.Id, entry.Progress) : (NewRun(run, all), RunProgress.None);
        if (part.WasSetBack)
        {
            Clear(id, all);
            progress = RunProgress.None;
        }

        using var rows = new MetricRows(writer, all, id);
        foreach ((LogPlace after, RunEvent happened) in part.Events)
        {
            progress = progress.With(happened);
            rows.Add(after.Offset, happened);
        }

        rows.Complete();
        writer.Execute(
            "update run set read_offset = @Offset, read_check = @Check, progress = @Progress where id = @Id",
            new { Id = id, place.Offset, Check = unchecked((long)place.Check), Progress = JsonSerializer.Serialize(progress, EventFormat.Options) }, all);
        all.Commit();
        known[run] = new(id, place, progress);
    }

    /// <summary>Forgets a run that is gone.</summary>
    internal void Forget(string run)
    {
        if (!known.TryGetValue(run, out Entry? gone)) return;
        using SqliteTransaction all = writer.BeginTransaction();
        Clear(gone.Id, all);
        writer.Execute("delete from run where id = @Id", new { gone.Id }, all);
        all.Commit();
        known.TryRemove(run, out _);
    }

    /// <summary>Sets the file aside and makes a new one, into which every run must be read again.</summary>
    internal void StartAnew()
    {
        writer.Dispose();
        (writer, Notice) = IndexFile.Replace(path);
        known.Clear();
        isDamaged = false;
        generation++;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        // Readers first: the last to leave tidies the file, and readers may not.
        SqliteConnection.ClearPool(new SqliteConnection(IndexFile.ReadString(path)));
        writer.Dispose();
    }

    private void Load()
    {
        foreach ((long id, string run, long offset, long check, string progress) in writer.Query<(long, string, long, long, string)>("select id, path, read_offset, read_check, progress from run"))
            known[run] = new(id, new(offset, unchecked((ulong)check)), JsonInput.Deserialize<RunProgress>(Encoding.UTF8.GetBytes(progress), EventFormat.Options) ?? RunProgress.None);
    }

    private long NewRun(string run, SqliteTransaction all) => writer.QuerySingle<long>(
        "insert into run (path, read_offset, read_check, progress) values (@Run, 0, 0, '{}') returning id", new { Run = run }, all);

    private void Clear(long id, SqliteTransaction all) =>
        writer.Execute("delete from metric where run = @Id; delete from metric_span where run = @Id; delete from moment where run = @Id", new { Id = id }, all);
}
