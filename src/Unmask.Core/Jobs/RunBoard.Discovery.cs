using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Unmask.Core.Runs;
using Unmask.Core.Storage;

namespace Unmask.Core.Jobs;

/// <summary>HealthCheck runs: those of an earlier workbench and those of the terminal, which come, go on and go without asking.</summary>
public sealed partial class RunBoard
{
    /// <summary>Looks through all run folders now.</summary>
    public void Discover()
    {
        string? trouble = null;
        Dictionary<string, BoardRun> known;
        lock (gate) known = runs.Values.ToDictionary(run => run.Path);
        foreach (string parent in Workspace.RunFolders.Where(Directory.Exists))
        {
            string[] folders = [];
            Try(() => folders = Directory.GetDirectories(parent), ref trouble);
            foreach (string folder in folders)
            {
                if (known.Remove(folder, out BoardRun? run)) Try(() => Look(run), ref trouble);
                else if (RunReading.IsRun(folder)) Try(() => Add(folder), ref trouble);
            }
        }

        foreach (BoardRun gone in known.Values.Where(run => !Directory.Exists(run.Path))) Try(() => Forget(gone), ref trouble);
        (lastDiscovery, discoveryTrouble) = (clock.GetUtcNow(), trouble);
    }

    private void Add(string folder)
    {
        // Nobody else writes job.json; a command line may be writing stop.json.
        if (adopted.IsAtHome(folder)) Durable.SweepDrafts(Path.Combine(folder, JobRecord.FileName));
        Durable.SweepDrafts(Path.Combine(folder, StopFile.FileName), TimeSpan.FromMinutes(1));
        RunReading read = RunReading.Of(folder, Index.CatchUp);
        bool trusted = read.Job is not null && adopted.Trusts(folder);
        lock (gate)
        {
            if (runs.Values.Any(run => run.Path == folder)) return;
            string id = IdOf(folder);
            JobRecord told = BoardRun.Foreign(id, folder, read.Settings?.OutputName ?? Path.GetFileName(folder), read.Progress);
            var run = new BoardRun
            {
                Path = folder,
                IsOurs = trusted,
                Settings = read.Settings,
                Progress = read.Progress,
                WasHeld = read.IsHeld,
                Fault = read.Fault,
                JobFault = read.JobFault,
                // What the file of another home, or of a stranger, says of its queue and its processes counts for nothing.
                Job = trusted ? read.Job! with { Id = id } : read.Job is { } job ? told with { Name = job.Name, Tags = job.Tags, Archived = job.Archived } : told,
            };
            if (read.IsHeld) TakeUp(run);
            else if (run.IsLive && run.Job.Attempts is [.., { Ended: null } last]) run.Worker = WorkerProcess.Attach(last.Process);
            else NoticeMissed(run);
            runs.Add(id, run);
            Tell(BoardChangeKind.Added, run);
        }
    }

    /// <summary>A run that nobody worked on may be taken up by a terminal, and what it told may have been missed.</summary>
    private void Look(BoardRun run)
    {
        if (RunTransitions.IsLive(run.Status) || run.IsGoing) return;
        FolderTrace trace = FolderTrace.Of(run.Path, Index.Generation);
        if (trace == run.Trace) return;
        RunReading read = RunReading.Of(run.Path, Index.CatchUp);
        lock (gate)
        {
            if (RunTransitions.IsLive(run.Status) || run.IsGoing || !runs.ContainsKey(run.Id)) return;
            RunStatus before = run.Status;
            bool isNews = read.Progress != run.Progress || read.Fault != run.Fault || read.Settings != run.Settings;
            run.Trace = trace;
            (run.Progress, run.Settings, run.Fault) = (read.Progress, read.Settings, read.Fault);
            if (read.IsHeld) TakeUp(run);
            else if (isNews && run.IsOurs) NoticeMissed(run);
            else if (isNews) run.Job = BoardRun.Foreign(run.Id, run.Path, run.Job.Name, read.Progress) with { Tags = run.Job.Tags, Archived = run.Job.Archived };
            if (isNews || run.Status != before) Tell(BoardChangeKind.Changed, run);
        }
    }

    /// <summary>A process holds the run that this board did not start.</summary>
    private void TakeUp(BoardRun run)
    {
        ProcessIdentity holder = RunFolder.HolderOf(run.Path) ?? new(0, clock.GetUtcNow());
        bool isKnown = false;
        if (run.Job.Attempts is [.., { Ended: null } last])
        {
            // A worker that started several processes for the run: the first of them holds it.
            ProcessIdentity worker = last.Process;
            using System.Diagnostics.Process? launcher = last.ProcessId == holder.ProcessId ? null : worker.Find();
            isKnown = last.ProcessId == holder.ProcessId || launcher is not null;
            if (launcher is not null) holder = worker;
        }

        JobRecord WithHolder(JobRecord job) => isKnown ? job : job with { Attempts = [.. Ended(job.Attempts, clock.GetUtcNow(), null), new(holder)] };
        if (run.IsLive) run.Keep(WithHolder(run.Job));
        else if (!run.Apply(RunSignal.TakenUp, job => WithHolder(job) with { Intent = null, Fault = null })) return;
        ReplaceWorker(run, WorkerProcess.Attach(holder));
        run.WasHeld = true;
        GoAlong(run);
    }

    /// <summary>A run of ours went on and ended while no board was there to see it.</summary>
    private void NoticeMissed(BoardRun run)
    {
        if (!run.IsOurs || run.IsLive || run.Progress.LastEvent is not { } lastEvent || lastEvent <= run.Job.Seen) return;
        ProcessIdentity holder = RunFolder.HolderOf(run.Path) ?? new(0, lastEvent);
        if (run.Apply(RunSignal.TakenUp, job => job with { Attempts = [.. Ended(job.Attempts, lastEvent, null), new(holder)] })) Conclude(run, null);
    }

    private void Forget(BoardRun run)
    {
        Index.Forget(run.Path);
        lock (gate)
        {
            if (!runs.Remove(run.Id)) return;
            ReplaceWorker(run, null);
            Tell(BoardChangeKind.Removed, run);
        }
    }

    /// <summary>The folder's name, where that is plain and nobody else has it; else with a mark that follows from its path, so that it stays the same.</summary>
    private string IdOf(string folder)
    {
        string name = Path.GetFileName(folder);
        if (PlainName().IsMatch(name) && !runs.ContainsKey(name)) return name;
        string plain = string.Concat(name.Where(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-')).TrimStart('.', '-', '_');
        string mark = XxHash32.HashToUInt32(Encoding.UTF8.GetBytes(folder)).ToString("x8", CultureInfo.InvariantCulture);
        return $"{(plain.Length > 80 ? plain[..80] : plain)}-{mark}".TrimStart('-');
    }
}
