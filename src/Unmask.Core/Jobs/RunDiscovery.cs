using System.IO.Hashing;
using System.Text;
using System.Text.RegularExpressions;
using Unmask.Core.Jobs.Feeds;
using Unmask.Core.Jobs.Launching;
using Unmask.Core.Jobs.Registry;
using Unmask.Core.Jobs.Status;
using Unmask.Core.Runs.Indexing;
using Unmask.Core.Runs.Processes;
using Unmask.Core.Storage;
using Unmask.Core.Workspaces;

namespace Unmask.Core.Jobs;

/// <summary>Finding runs: those of an earlier workbench and those of the terminal, which come, are resumed and go without asking.</summary>
internal sealed partial class RunDiscovery(Workspace workspace, RunRegistry registry, RunIndex index, RunFeed feed, RunLauncher launcher, AdoptedRuns adopted)
{
    /// <summary>Looks through all run folders.</summary>
    /// <param name="troubles">Gets what fails with one run, which keeps no other from being found.</param>
    public void Discover(RunTroubles troubles)
    {
        Dictionary<string, ScheduledRun> known = registry.ByPath;
        foreach (string parent in workspace.RunFolders.Where(Directory.Exists))
        {
            string[] folders = [];
            troubles.Try(() => folders = Directory.GetDirectories(parent));
            foreach (string folder in folders)
            {
                if (known.Remove(folder, out ScheduledRun? run)) troubles.Try(() => Inspect(run));
                else if (RunReading.IsRun(folder)) troubles.Try(() => Add(folder));
            }
        }

        foreach (ScheduledRun gone in known.Values.Where(run => !run.State.IsDeleting && !Directory.Exists(run.Path))) troubles.Try(() => Forget(gone));
    }

    private void Add(string folder)
    {
        // Nobody else writes job.json; a command line may be writing stop.json.
        if (adopted.IsAtHome(folder)) Durable.SweepDrafts(Path.Combine(folder, JobRecord.FileName));
        Durable.SweepDrafts(Path.Combine(folder, StopFile.FileName), TimeSpan.FromMinutes(1));
        RunReading read = RunReading.From(folder, feed.CatchUp);
        string id = IdOf(folder);
        bool trusted = read.Job is not null && adopted.Trusts(folder);
        JobRecord told = RunState.Foreign(id, folder, read.Settings?.OutputName ?? Path.GetFileName(folder), read.Progress);
        var run = new ScheduledRun(new RunState
        {
            Path = folder,
            IsOurs = trusted,
            Settings = read.Settings,
            Progress = read.Progress,
            Fault = read.Fault,
            JobFault = read.JobFault,
            // What the file of another home, or of a stranger, says of its queue and its processes counts for nothing.
            Job = trusted ? read.Job! with { Id = id } : read.Job is { } job ? told with { Name = job.Name, Tags = job.Tags, Archived = job.Archived } : told,
        });
        if (read.IsHeld) launcher.TakeUp(run);
        else if (run.State is { IsLive: true, Job.Attempts: [.., { Ended: null } last] }) launcher.Attach(run, last.Process);
        else launcher.NoticeMissed(run);
        registry.Add(run);
    }

    /// <summary>A run that nobody worked on may be taken up by a terminal, and what it reported may have been missed.</summary>
    private void Inspect(ScheduledRun run)
    {
        if (run.State.IsLive || run.State.IsDeleting) return;
        FolderTrace trace = FolderTrace.From(run.Path, index.Generation);
        if (trace == run.Trace) return;
        RunReading read = RunReading.From(run.Path, feed.CatchUp);
        run.Trace = trace;
        RunState before = run.State;
        bool isNews = read.Progress != before.Progress || read.Fault != before.Fault || read.Settings != before.Settings;
        if (isNews)
        {
            RunState? after = registry.Update(run, state =>
            {
                if (state.IsLive || state.IsDeleting) return null;
                RunState found = state with { Progress = read.Progress, Settings = read.Settings, Fault = read.Fault };
                return read.IsHeld || state.IsOurs ? found : found.Disowned();
            });
            if (after is null) return;
        }

        if (read.IsHeld) launcher.TakeUp(run);
        else if (isNews) launcher.NoticeMissed(run);
    }

    private void Forget(ScheduledRun run)
    {
        feed.Forget(run.Path);
        launcher.Forget(run);
        registry.Remove(run);
    }

    /// <summary>The folder's name, where that is plain and nobody else has it; else with a mark that follows from its path, so that it stays the same.</summary>
    private string IdOf(string folder)
    {
        string name = Path.GetFileName(folder);
        if (PlainName().IsMatch(name) && !registry.IsKnown(name)) return name;
        string plain = string.Concat(name.Where(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-')).TrimStart('.', '-', '_');
        string mark = XxHash32.HashToUInt32(Encoding.UTF8.GetBytes(folder)).ToString("x8", CultureInfo.InvariantCulture);
        return $"{(plain.Length > 80 ? plain[..80] : plain)}-{mark}".TrimStart('-');
    }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$")]
    private static partial Regex PlainName();
}
