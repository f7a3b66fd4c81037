using System.Text;
using Microsoft.Data.Sqlite;
using Unmask.Core.Events;

namespace Unmask.Core.Runs.Indexing;

/// <summary>Writes the measures of some events into the index, within one transaction.</summary>
internal sealed class MetricRows : IDisposable
{
    /// <summary>Steps of one row of metric_span.</summary>
    public const int SpanSteps = 32;

    private readonly long run;
    private readonly SqliteCommand keyCommand;
    private readonly SqliteCommand metric;
    private readonly SqliteCommand span;
    private readonly SqliteCommand moment;
    private readonly Dictionary<string, long> keys = [];
    private readonly Dictionary<(long Key, long Span), Span> spans = [];

    private record struct Span(long Points, long LowStep, double Low, long HighStep, double High, long LastStep, long LastTime);

    public MetricRows(SqliteConnection connection, SqliteTransaction transaction, long run)
    {
        this.run = run;
        keyCommand = Command("insert into metric_key (name) values ($name) on conflict (name) do update set name = name returning id", "$name");
        metric = Command("insert or replace into metric values ($run, $key, $step, $value, $time)", "$run", "$key", "$step", "$value", "$time");
        span = Command("""
            insert into metric_span values ($run, $key, $span, $points, $low_step, $low, $high_step, $high, $last_step, $last_time)
            on conflict (run, key, span) do update set
                points = points + excluded.points,
                low_step = iif(excluded.low < low, excluded.low_step, low_step), low = min(low, excluded.low),
                high_step = iif(excluded.high > high, excluded.high_step, high_step), high = max(high, excluded.high),
                last_step = max(last_step, excluded.last_step), last_time = max(last_time, excluded.last_time)
            """, "$run", "$key", "$span", "$points", "$low_step", "$low", "$high_step", "$high", "$last_step", "$last_time");
        moment = Command("insert or replace into moment values ($run, $place, $kind, $step, $body)", "$run", "$place", "$kind", "$step", "$body");

        SqliteCommand Command(string text, params string[] names)
        {
            SqliteCommand command = connection.CreateCommand();
            (command.CommandText, command.Transaction) = (text, transaction);
            foreach (string name in names) command.Parameters.Add(new SqliteParameter(name, null));
            return command;
        }
    }

    /// <summary>Takes in one event.</summary>
    /// <param name="place">Bytes of the log up to its end.</param>
    /// <param name="happened">The event.</param>
    public void Add(long place, RunEvent happened)
    {
        long time = happened.Time.ToUnixTimeMilliseconds();
        foreach ((string key, long step, double value) in MetricNames.Of(happened)) Add(key, step, value, time);
        long? momentStep = happened switch
        {
            EvaluationFinished evaluation => evaluation.Step,
            SamplesDrawn drawn => drawn.Step,
            CheckpointSaved saved => saved.Step,
            FinalEvaluation final => final.Step,
            RunFinished finished => finished.Step,
            RunResumed resumed => resumed.Step,
            _ => null,
        };
        if (momentStep is not null || happened is Notice or CheckpointRejected or RunStarted)
            Run(moment, run, place, happened.Event, momentStep, Encoding.UTF8.GetString(EventFormat.ToLine(happened)).TrimEnd('\n'));
    }

    /// <summary>Writes what was gathered. Call it once, at the end.</summary>
    public void Complete()
    {
        foreach (((long key, long number), Span s) in spans) Run(span, run, key, number, s.Points, s.LowStep, s.Low, s.HighStep, s.High, s.LastStep, s.LastTime);
    }

    public void Dispose()
    {
        foreach (SqliteCommand command in (SqliteCommand[])[keyCommand, metric, span, moment]) command.Dispose();
    }

    private void Add(string name, long step, double value, long time)
    {
        if (!keys.TryGetValue(name, out long key))
        {
            keyCommand.Parameters[0].Value = name;
            keys[name] = key = Convert.ToInt64(keyCommand.ExecuteScalar(), CultureInfo.InvariantCulture);
        }

        Run(metric, run, key, step, double.IsNaN(value) ? null : value, time);
        if (double.IsNaN(value)) return;
        (long, long) place = (key, step / SpanSteps);
        spans[place] = !spans.TryGetValue(place, out Span s) ? new(1, step, value, step, value, step, time) : s with
        {
            Points = s.Points + 1,
            LowStep = value < s.Low ? step : s.LowStep,
            Low = Math.Min(s.Low, value),
            HighStep = value > s.High ? step : s.HighStep,
            High = Math.Max(s.High, value),
            LastStep = step,
            LastTime = time,
        };
    }

    private static void Run(SqliteCommand command, params ReadOnlySpan<object?> values)
    {
        for (int i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i] ?? DBNull.Value;
        command.ExecuteNonQuery();
    }
}
