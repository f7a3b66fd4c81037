using Unmask.Core.Jobs.Status;
using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Recipes;
using Unmask.Core.Runs;
using Unmask.Core.Runs.Indexing;
using Unmask.Core.Storage;

namespace Unmask.Core.Jobs.Registry;

/// <summary>A run that the scheduler knows. Its state may be read from any thread, without waiting; <see cref="RunRegistry.Update"/> changes it.</summary>
internal sealed class ScheduledRun(RunState state)
{
    private readonly DurableValue<RunState> state = new(System.IO.Path.Combine(state.Path, JobRecord.FileName), state, ContentOf, besides: true);
    private RunHistory? history;

    public string Id { get; } = state.Id;

    public string Path { get; } = state.Path;

    /// <summary>How it stands now.</summary>
    public RunState State => state.Value;

    /// <summary>How its files stood when it was inspected last while nobody worked on it. For the scheduler's own thread.</summary>
    public FolderTrace? Trace { get; set; }

    /// <summary>What it measured and logged; one object, since it knows where the lines of the log begin.</summary>
    public RunHistory HistoryIn(RunIndex index) => history ?? Interlocked.CompareExchange(ref history, new(Path, index), null) ?? history;

    /// <summary>Its settings, with changes as <c>--set</c> takes them.</summary>
    /// <exception cref="UserError">Its config.yaml or a change cannot be read.</exception>
    public TrainParameters ReadSettings(IReadOnlyList<string>? changes = null) => Recipe.Load(System.IO.Path.Combine(Path, RunFolder.ConfigName), changes, Path).Checked();

    /// <inheritdoc cref="DurableValue{T}.Update"/>
    public RunState? Update(Func<RunState, RunState?> change, Action<RunState>? changed = null) => state.Update(change, changed);

    /// <summary>The new job.json of a run that has one.</summary>
    private static byte[]? ContentOf(RunState before, RunState after) => after.IsOurs && (after.Job != before.Job || !before.IsOurs) ? after.Job.ToBytes() : null;
}

/// <summary>Sizes and times that change whenever a process takes a run up or reports something: while they stay, there is nothing to look for.</summary>
internal readonly record struct FolderTrace(int IndexGeneration, long EventBytes, DateTime EventsWritten, DateTime ProcessWritten, DateTime ConfigWritten)
{
    public static FolderTrace From(string run, int indexGeneration)
    {
        var events = new FileInfo(System.IO.Path.Combine(run, RunFolder.EventsName));
        return new(indexGeneration, events.Exists ? events.Length : 0, events.LastWriteTimeUtc, File.GetLastWriteTimeUtc(System.IO.Path.Combine(run, "process.json")), File.GetLastWriteTimeUtc(System.IO.Path.Combine(run, RunFolder.ConfigName)));
    }
}
