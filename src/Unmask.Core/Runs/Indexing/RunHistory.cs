using Unmask.Core.Events;
using Unmask.Core.Runs.Checkpoints;
using Unmask.Core.Runs.Logs;

namespace Unmask.Core.Runs.Indexing;

/// <summary>A checkpoint as a table shows it.</summary>
/// <param name="Step">Optimizer steps made so far.</param>
/// <param name="Kind">Why it was saved; null when its manifest is damaged.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="EvalLoss">Evaluation loss at this step, where it was evaluated.</param>
/// <param name="Saved">When it was saved.</param>
/// <param name="IsBest">It has the lowest evaluation loss of those that are there.</param>
/// <param name="IsKept">A person wants it kept.</param>
/// <param name="Path">Its folder.</param>
public sealed record CheckpointRow(long Step, CheckpointKind? Kind, long Bytes, double? EvalLoss, DateTimeOffset Saved, bool IsBest, bool IsKept, string Path);

/// <summary>All that a run measured, sampled, saved and logged.</summary>
/// <param name="path">The run folder.</param>
/// <param name="index">The index that follows it.</param>
public sealed class RunHistory(string path, RunIndex index)
{
    private readonly Lazy<RunLog> log = new(() => new RunLog(path));

    /// <summary>The run folder.</summary>
    public string Path => path;

    /// <summary>Names of its series.</summary>
    public IReadOnlyList<string> Keys => index.Keys(path);

    /// <summary>The last point of each series.</summary>
    public IReadOnlyDictionary<string, MetricPoint> Latest => index.Latest(path);

    /// <summary>All evaluations, in order.</summary>
    public IReadOnlyList<EvaluationFinished> Evaluations => [.. index.Moments(path, "evaluation_finished").OfType<EvaluationFinished>()];

    /// <summary>Everything the run noted for the person, in order.</summary>
    public IReadOnlyList<Notice> Notices => [.. index.Moments(path, "notice").OfType<Notice>()];

    /// <summary>The task's own measure of the finished model; null while there is none.</summary>
    public FinalEvaluation? FinalEvaluation => index.Moments(path, "final_evaluation").OfType<FinalEvaluation>().LastOrDefault();

    /// <summary>Steps at which samples were drawn.</summary>
    public IReadOnlyList<long> SampleSteps => index.SampleSteps(path);

    /// <summary>The checkpoints that are there, oldest first.</summary>
    public IReadOnlyList<CheckpointRow> Checkpoints
    {
        get
        {
            var shelf = new CheckpointStore(System.IO.Path.Combine(path, "checkpoints"));
            CheckpointFolder? best = shelf.Best;
            return [.. shelf.All.Select(checkpoint => (checkpoint, manifest: checkpoint.Manifest)).Select(pair => new CheckpointRow(
                pair.checkpoint.Step, pair.manifest?.Saved, pair.manifest?.Bytes ?? 0, pair.manifest?.EvalLoss,
                new DateTimeOffset(Directory.GetLastWriteTimeUtc(pair.checkpoint.Path), TimeSpan.Zero), pair.checkpoint == best, pair.checkpoint.IsKept, pair.checkpoint.Path))];
        }
    }

    /// <summary>The log of its worker.</summary>
    public RunLog Log => log.Value;

    /// <summary>Its settings as config.yaml holds them.</summary>
    /// <exception cref="UserError">It cannot be read.</exception>
    public string ConfigText => InputFile.ReadText(System.IO.Path.Combine(path, RunFolder.ConfigName));

    /// <inheritdoc cref="RunIndex.Series(string, IReadOnlyList{string}, int, long, long)"/>
    public IReadOnlyList<MetricSeries> Series(IReadOnlyList<string> keys, int most = 1000, long from = 0, long to = long.MaxValue) => index.Series(path, keys, most, from, to);

    /// <summary>The samples drawn at a step; null when there are none.</summary>
    public SamplesDrawn? SamplesAt(long step) => index.SamplesAt(path, step);
}
