using System.Text;
using System.Text.Json;
using Dapper;
using Microsoft.Data.Sqlite;
using Unmask.Core.Events;
using Unmask.Primitives;

namespace Unmask.Core.Runs;

/// <summary>
/// An index of what runs told, in one SQLite file: quick to draw from, and worth nothing, since it is made again from the run folders when it is
/// missing or damaged. One process has it open; <see cref="CatchUp"/> may be called from any thread and takes turns, reading goes on beside it.
/// </summary>
public sealed partial class RunIndex : IDisposable
{
    private readonly string path;
    private readonly Lock writing = new();
    private readonly Dictionary<string, EventTail> tails = [];
    private readonly Dictionary<string, (long Id, RunProgress Progress)> known = [];
    private SqliteConnection writer;

    private volatile int generation;

    private RunIndex(string path, SqliteConnection writer, string? notice)
    {
        (this.path, this.writer, Notice) = (path, writer, notice);
        Remember();
    }

    /// <summary>How often the file was made anew since it was opened: then every run must be caught up with again.</summary>
    public int Generation => generation;

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

    /// <summary>Reads what a run told since the last time.</summary>
    /// <param name="run">Its folder.</param>
    /// <returns>The run's progress; the same object when there was nothing new.</returns>
    public RunProgress CatchUp(string run)
    {
        lock (writing)
        {
            try
            {
                return TakeIn(run);
            }
            catch (SqliteException broken) when (IndexFile.IsDamage(broken))
            {
                StartAnew();
                return TakeIn(run);
            }
        }
    }

    /// <summary>Forgets a run that is gone.</summary>
    public void Forget(string run)
    {
        lock (writing)
        {
            tails.Remove(run);
            if (!known.Remove(run, out (long Id, RunProgress Progress) gone)) return;
            using SqliteTransaction all = writer.BeginTransaction();
            Clear(gone.Id, all);
            writer.Execute("delete from run where id = @Id", new { gone.Id }, all);
            all.Commit();
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        lock (writing)
        {
            // Readers first: the last to leave tidies the file, and readers may not.
            SqliteConnection.ClearPool(new SqliteConnection(IndexFile.ReadString(path)));
            writer.Dispose();
        }
    }

    private void Remember()
    {
        foreach ((long id, string run, long offset, long check, string progress) in writer.Query<(long, string, long, long, string)>("select id, path, read_offset, read_check, progress from run"))
        {
            known[run] = (id, JsonInput.Deserialize<RunProgress>(Encoding.UTF8.GetBytes(progress), EventFormat.Options) ?? RunProgress.None);
            tails[run] = new(Path.Combine(run, "events.jsonl"), new LogPlace(offset, unchecked((ulong)check)));
        }
    }

    private void StartAnew()
    {
        writer.Dispose();
        (writer, Notice) = IndexFile.Replace(path);
        known.Clear();
        tails.Clear();
        generation++;
    }

    private RunProgress TakeIn(string run)
    {
        if (!tails.TryGetValue(run, out EventTail? tail)) tails[run] = tail = new(Path.Combine(run, "events.jsonl"));
        while (true)
        {
            LogPlace before = tail.Place;
            TailPart part = tail.Read();
            if (part is { WasSetBack: false, Events: [] }) return known.TryGetValue(run, out (long Id, RunProgress Progress) same) ? same.Progress : RunProgress.None;
            try
            {
                Write(run, part, tail.Place);
            }
            catch
            {
                // What was not written is read again.
                tails[run] = new(Path.Combine(run, "events.jsonl"), before);
                throw;
            }

            if (part.IsAll) return known[run].Progress;
        }
    }

    private void Write(string run, TailPart part, LogPlace place)
    {
        using SqliteTransaction all = writer.BeginTransaction();
        (long id, RunProgress progress) = known.TryGetValue(run, out (long, RunProgress) now) ? now : (NewRun(run, all), RunProgress.None);
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
        known[run] = (id, progress);
    }

    private long NewRun(string run, SqliteTransaction all) => writer.QuerySingle<long>(
        "insert into run (path, read_offset, read_check, progress) values (@Run, 0, 0, '{}') returning id", new { Run = run }, all);

    private void Clear(long id, SqliteTransaction all) =>
        writer.Execute("delete from metric where run = @Id; delete from metric_span where run = @Id; delete from moment where run = @Id", new { Id = id }, all);
}
