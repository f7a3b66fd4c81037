using System.Security.Cryptography;
using System.Text.Json;
using Unmask.Core.Events;

namespace Unmask.Core.Tracking.Wandb;

/// <summary>
/// Turns a run's events into what Weights &amp; Biases is told. All values of one step become one row, which is told when the step is over: steps
/// there rise and never repeat. The same events give the same records, so a resumed run is told again from its events.
/// </summary>
/// <param name="started">When the run began.</param>
/// <param name="filesPath">The folder <c>files</c>, where tables of samples are written.</param>
internal sealed class WandbTranslator(DateTimeOffset started, string filesPath)
{
    private readonly Dictionary<string, string> summary = [];
    private readonly SortedDictionary<string, string> row = new(StringComparer.Ordinal);
    private long rowStep = -1;
    private DateTimeOffset rowTime;

    /// <summary>Seconds since the run began.</summary>
    public double Runtime(DateTimeOffset now) => Math.Max(0, (now - started).TotalSeconds);

    /// <summary>What one more event brings.</summary>
    public IEnumerable<WandbRecord> Of(RunEvent happened)
    {
        switch (happened)
        {
            case StepLogged step: return Add(step.Step, step.Time, RunScalars.Of(step).Select(point => (point.Name, WandbJson.Of(point.Value))));
            case RanksMeasured ranks: return Add(ranks.Step, ranks.Time, RunScalars.Of(ranks).Select(point => (point.Name, WandbJson.Of(point.Value))));
            case EvaluationFinished evaluation: return Add(evaluation.Step, evaluation.Time, RunScalars.Of(evaluation).Select(point => (point.Name, WandbJson.Of(point.Value))));
            case FinalEvaluation final: return Add(final.Step, final.Time, RunScalars.Of(final).Select(point => (point.Name, WandbJson.Of(point.Value))));
            case WeightsSeen seen: return Add(seen.Step, seen.Time, seen.Weights.Select(weight => ($"weights/{weight.Name}", Histogram(weight))));
            case SamplesDrawn { Samples.Count: > 0 } drawn:
                var (file, table) = Table(drawn);
                return [new WandbFile(file), .. Add(drawn.Step, drawn.Time, [("samples", table)])];
            case CheckpointSaved: return [.. EndRow(), Summary()];
            case RunFinished finished: return [.. EndRow(), Summary(), new WandbExit(finished.Outcome == RunOutcome.Failed ? 1 : 0, Runtime(finished.Time))];
            default: return [];
        }
    }

    private List<WandbRecord> Add(long step, DateTimeOffset time, IEnumerable<(string Name, string Json)> values)
    {
        List<WandbRecord> told = step > rowStep ? EndRow() : [];
        rowStep = Math.Max(rowStep, step);
        rowTime = time;
        foreach ((string name, string json) in values) row[name] = json;
        return told;
    }

    private List<WandbRecord> EndRow()
    {
        if (row.Count == 0) return [];
        row["_step"] = rowStep.ToString(CultureInfo.InvariantCulture);
        row["_timestamp"] = WandbJson.Of((rowTime - DateTimeOffset.UnixEpoch).TotalSeconds);
        row["_runtime"] = WandbJson.Of(Runtime(rowTime));
        var values = new Dictionary<string, string>(row);
        foreach ((string name, string json) in values) summary[name] = json;
        row.Clear();
        return [new WandbHistory(rowStep, values)];
    }

    private WandbSummary Summary() => new(new Dictionary<string, string>(summary));

    private static string Histogram(WeightHistogram weight)
    {
        double width = (weight.High - weight.Low) / weight.Counts.Count;
        IEnumerable<double> edges = Enumerable.Range(0, weight.Counts.Count + 1).Select(i => i == weight.Counts.Count ? weight.High : weight.Low + (i * width));
        return JsonSerializer.Serialize(new { _type = "histogram", bins = edges, values = weight.Counts });
    }

    /// <summary>Samples as a table: a file of rows, and in the row of the step where it lies.</summary>
    private (string File, string Json) Table(SamplesDrawn drawn)
    {
        bool targets = drawn.Samples.Any(sample => sample.Target is not null);
        string[] columns = targets ? ["prompt", "output", "right answer"] : ["prompt", "output"];
        byte[] content = JsonSerializer.SerializeToUtf8Bytes(new
        {
            columns,
            data = drawn.Samples.Select(sample => targets ? new[] { sample.Prompt, sample.Output, sample.Target } : [sample.Prompt, sample.Output]),
            ncols = columns.Length,
            nrows = drawn.Samples.Count,
        });
        string sha256 = Convert.ToHexStringLower(SHA256.HashData(content));
        string file = string.Create(CultureInfo.InvariantCulture, $"media/table/samples_{drawn.Step}_{sha256[..20]}.table.json");
        string path = Path.Combine(filesPath, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return (file, JsonSerializer.Serialize(new { _type = "table-file", sha256, size = content.Length, path = file, ncols = columns.Length, nrows = drawn.Samples.Count, log_mode = "IMMUTABLE" }));
    }
}
