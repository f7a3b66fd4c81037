using System.Collections.Concurrent;
using System.Text.Json;
using Unmask.Core.Events;
using Unmask.Core.Parameters;
using Unmask.Core.Runs;
using Unmask.Core.Runs.Logs;

namespace Unmask.Core.Tracking.Wandb;

/// <summary>
/// Reports a run to Weights &amp; Biases: always into an offline folder that <c>wandb sync</c> uploads, and live where there is a key. A resumed
/// run is the same run there: its folder is written again from the run's events, the server is told what it does not have yet.
/// </summary>
public sealed class WandbSink : IEventSink, IDisposable
{
    private static readonly TimeSpan BetweenStats = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan BetweenLogLooks = TimeSpan.FromSeconds(1);

    private readonly WandbFolder folder;
    private readonly WandbTranslator translator;
    private readonly WandbLive? live;
    private readonly RunLog log;
    private readonly MachineMeter meter = new();
    private readonly ConcurrentQueue<Notice> notices = new();
    private readonly Action<Notice> tell;
    private readonly WandbSettings settings;
    private readonly string runPath;
    private readonly DateTimeOffset started;
    private bool stumbled;
    private long logLines;
    private DateTimeOffset lastStats;
    private DateTimeOffset lastLogLook;

    private WandbSink(RunFolder run, TrainParameters parameters, WandbSettings settings, Func<string, string?> environment, Action stop, Action<Notice> tell, TimeSpan? firstPause)
    {
        (this.settings, this.tell, runPath) = (settings, tell, run.Path);
        // Whatever the file says, a run writes below its own folder or that of the variable: the run may be a stranger's.
        WandbLink link = WandbLink.Read(run.Path) is { } known ? known with { Folder = FolderOf(run.Path, environment, known.Id, known.Started) } : NewLink(run.Path, environment);
        started = link.Started;
        link.Write(run.Path);
        WandbRun described = WandbRun.Of(parameters, environment, link.Id, link.Started);
        folder = new WandbFolder(link.Folder, described);
        translator = new WandbTranslator(link.Started, folder.FilesPath);
        log = new RunLog(run.Path);
        if (settings is { Mode: "online", Key: { } key })
        {
            var server = new WandbServer(settings.BaseUrl, key, firstPause) { Stumbled = Stumbled };
            live = new WandbLive(server, described, settings.Resume, folder.FilesPath, Warn, stop, Connected);
        }

        Replay(run);
        folder.Settle();
        if (live is null) tell(new Notice(NoticeLevel.Info, $"Weights & Biases: {(settings.Mode == "offline" ? "WANDB_MODE is offline" : "there is no key, in WANDB_API_KEY, in netrc or in the settings of the workbench")}; the run is kept in {folder.Path}, and wandb sync uploads it from there."));
    }

    /// <summary>Begins to report a run; null where its settings or WANDB_MODE say not to.</summary>
    /// <param name="run">The run, open.</param>
    /// <param name="parameters">Its settings.</param>
    /// <param name="stop">Called when the person presses Stop on the run's page: saves and ends.</param>
    /// <param name="tell">Gets sentences for the person, always within <see cref="Write"/>.</param>
    /// <param name="environment">For tests; null for the process's own variables.</param>
    /// <param name="firstPause">For tests: pause before a call is tried again for the first time; null for 2 seconds.</param>
    /// <exception cref="UserError">A variable is wrong, or the disk refuses.</exception>
    public static WandbSink? Open(RunFolder run, TrainParameters parameters, Action stop, Action<Notice> tell, Func<string, string?>? environment = null, TimeSpan? firstPause = null)
    {
        if (!parameters.LogToWandb) return null;
        environment ??= Environment.GetEnvironmentVariable;
        UserError.ThrowIfAny([.. WandbEnvironment.Problems(parameters, environment)]);
        WandbSettings settings = WandbSettings.Read(environment);
        return settings.Mode == "disabled" ? null : new WandbSink(run, parameters, settings, environment, stop, tell, firstPause);
    }

    public void Write(RunEvent happened)
    {
        if (happened is RunFinished || happened.Time - lastLogLook >= BetweenLogLooks) FollowLog(happened.Time);
        Measure(happened.Time);
        foreach (WandbRecord record in translator.Of(happened)) Add(record);
        if (happened is RunFinished) Finish();
        while (notices.TryDequeue(out Notice? notice)) tell(notice);
    }

    public void Dispose()
    {
        live?.Dispose();
        folder.Dispose();
    }

    /// <summary>Lets the server have the rest, before the run tells its end.</summary>
    private void Finish()
    {
        if (live is null) return;
        live.Dispose();
        if (live.IsComplete) folder.MarkSynced();
        else notices.Enqueue(new Notice(NoticeLevel.Warning, $"Weights & Biases has not all of this run; upload it with: wandb sync {folder.Path}"));
    }

    private static WandbLink NewLink(string runPath, Func<string, string?> environment)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        string id = environment("WANDB_RUN_ID") is { Length: > 0 } named ? named : WandbFolder.NewId();
        if (!WandbLink.IsId(id)) throw new UserError($"WANDB_RUN_ID is \"{id}\". It must not hold any of / \\ # ? % :.");
        return new WandbLink(id, now, FolderOf(runPath, environment, id, now));
    }

    private static string FolderOf(string runPath, Func<string, string?> environment, string id, DateTimeOffset started) =>
        WandbFolder.PathOf(environment("WANDB_DIR") is { Length: > 0 } parent ? parent : runPath, id, started);

    /// <summary>Tells again what an interrupted part of the run told.</summary>
    private void Replay(RunFolder run)
    {
        foreach (RunEvent happened in EventLog.Read(run.EventsPath))
        {
            // An end that the run went on after is none.
            if (happened is RunFinished) continue;
            foreach (WandbRecord record in translator.Of(happened)) Add(record);
        }

        if (!File.Exists(folder.StatsPath)) return;
        foreach (string line in File.ReadLines(folder.StatsPath))
        {
            if (Stats(line) is { } stats) Add(stats);
        }
    }

    private void Measure(DateTimeOffset now)
    {
        if (now - lastStats < BetweenStats) return;
        lastStats = now;
        var stats = new WandbStats(now, translator.Runtime(now), meter.Read());
        File.AppendAllText(folder.StatsPath, JsonSerializer.Serialize(stats, EventFormat.Options) + "\n");
        Add(stats);
    }

    private static WandbStats? Stats(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<WandbStats>(line, EventFormat.Options);
        }
        catch (JsonException)
        {
            // The process was killed while it wrote the line.
            return null;
        }
    }

    /// <summary>The console output is the run's log; a torn last line waits for its end.</summary>
    private void FollowLog(DateTimeOffset now)
    {
        lastLogLook = now;
        while (log.Page(logLines) is { Lines.Count: > 0 } page)
        {
            foreach (LogLine line in page.Lines) Add(new WandbOutput(line.Time ?? started, line.Level == LogLineLevel.Error, line.Text));
            logLines = page.Lines[^1].Number;
        }
    }

    private void Add(WandbRecord record)
    {
        folder.Append(record);
        live?.Send(record);
    }

    private void Connected(WandbRun known)
    {
        string page = settings.PageOf(known.Entity!, known.Project, known.Id);
        new WandbLink(known.Id, started, folder.Path, page).Write(runPath);
        notices.Enqueue(new Notice(NoticeLevel.Info, $"Weights & Biases: {page}"));
    }

    /// <summary>The server is away: told once.</summary>
    private void Stumbled(string sentence)
    {
        if (stumbled) return;
        stumbled = true;
        Warn(sentence);
    }

    private void Warn(string sentence) => notices.Enqueue(new Notice(NoticeLevel.Warning, sentence));
}
