using System.Text;
using System.Text.Json;
using Dapper;
using Microsoft.Data.Sqlite;
using Unmask.Core.Events;

namespace Unmask.Core.Runs.Indexing;

/// <summary>What is asked of the index. A run that it does not know has nothing.</summary>
public sealed partial class RunIndex
{
    /// <summary>In lists a series of fewer spans is drawn from all its points.</summary>
    private const int FewSpans = 6;
    private const string OfRun = "from metric where run = $run and key = $key and step between $from and $to";
    private const string SpansOfRun = "from metric_span where run = $run and key = $key and span between $from / 32 and $to / 32";

    /// <summary>Names of the series of a run, see <see cref="MetricNames"/>.</summary>
    public IReadOnlyList<string> Keys(string run) => Ask(run, (connection, id) =>
        connection.Query<string>("select name from metric_key where exists (select 1 from metric where metric.run = @id and metric.key = metric_key.id) order by metric_key.id", new { id }).AsList(), []);

    /// <summary>Series of a run, each with about <paramref name="most"/> points at most.</summary>
    /// <param name="run">Its folder.</param>
    /// <param name="keys">Names of series; one that the run has not got comes back empty.</param>
    /// <param name="most">The most points of a series, at least 4.</param>
    /// <param name="from">First step.</param>
    /// <param name="to">Last step.</param>
    public IReadOnlyList<MetricSeries> Series(string run, IReadOnlyList<string> keys, int most = 1000, long from = 0, long to = long.MaxValue) => Ask(run, (connection, id) =>
    {
        Dictionary<string, long> numbers = connection.Query<(string Name, long Id)>("select name, id from metric_key where name in @keys", new { keys }).ToDictionary(pair => pair.Name, pair => pair.Id);
        return (IReadOnlyList<MetricSeries>)[.. keys.Select(key => numbers.TryGetValue(key, out long number) ? SeriesOf(connection, id, key, number, Math.Max(4, most), from, to) : new(key, [], false))];
    }, [.. keys.Select(key => new MetricSeries(key, [], false))]);

    /// <summary>One series of many runs, in two queries however many they are: for lists.</summary>
    /// <param name="runs">Their folders.</param>
    /// <param name="key">Name of the series.</param>
    /// <param name="most">The most points of a series, at least 4.</param>
    /// <returns>The series by the folder; a run without it is left out.</returns>
    public IReadOnlyDictionary<string, MetricSeries> Series(IReadOnlyList<string> runs, string key, int most) => Ask(connection =>
    {
        string wanted = JsonSerializer.Serialize(runs);
        // Series of few spans whole, others from the lowest and the highest of each.
        var spans = connection.Query<(string Path, long LowStep, double Low, long HighStep, double High)>("""
            select path, low_step, low, high_step, high from metric_span join run on run.id = metric_span.run
            where key = (select id from metric_key where name = @key) and path in (select value from json_each(@wanted)) order by span
            """, new { key, wanted }).ToLookup(row => row.Path);
        string brief = JsonSerializer.Serialize(spans.Where(rows => rows.Count() < FewSpans).Select(rows => rows.Key));
        var points = connection.Query<(string Path, long Step, double? Value)>("""
            select path, step, value from metric join run on run.id = metric.run
            where key = (select id from metric_key where name = @key) and path in (select value from json_each(@brief)) order by step
            """, new { key, brief }).ToLookup(row => row.Path);
        return (IReadOnlyDictionary<string, MetricSeries>)spans.ToDictionary(rows => rows.Key, rows => points.Contains(rows.Key)
            ? Reduced([.. points[rows.Key].Select(row => new MetricPoint(row.Step, row.Value ?? double.NaN, 0))])
            : Reduced([.. rows.SelectMany(row => (MetricPoint[])[new(row.LowStep, row.Low, 0), new(row.HighStep, row.High, 0)]).DistinctBy(point => point.Step).OrderBy(point => point.Step)]));

        MetricSeries Reduced(IReadOnlyList<MetricPoint> all) => new(key, MetricSeries.Reduce(all, most), all.Count > most);
    }, new Dictionary<string, MetricSeries>());

    /// <summary>The last point of each series of a run, by name.</summary>
    public IReadOnlyDictionary<string, MetricPoint> Latest(string run) => Ask(run, (connection, id) =>
        connection.Query<(string Name, long Step, double? Value, long Time)>("""
            select name, step, value, time from metric_key
            join metric on metric.run = @id and metric.key = metric_key.id and metric.step = (select max(step) from metric last where last.run = @id and last.key = metric_key.id)
            """, new { id }).ToDictionary(row => row.Name, row => new MetricPoint(row.Step, row.Value ?? double.NaN, row.Time)), []);

    /// <summary>Events of one kind, in order: e.g. all <see cref="EvaluationFinished"/>, <see cref="Notice"/>s, <see cref="RunResumed"/>s.</summary>
    /// <param name="run">Its folder.</param>
    /// <param name="kind">The word in the field "event", e.g. evaluation_finished.</param>
    public IReadOnlyList<RunEvent> Moments(string run, string kind) => Ask(run, (connection, id) =>
        connection.Query<string>("select body from moment where run = @id and kind = @kind order by place", new { id, kind })
            .Select(body => EventFormat.FromLine(Encoding.UTF8.GetBytes(body))).OfType<RunEvent>().AsList(), []);

    /// <summary>Steps at which samples were drawn, in order.</summary>
    public IReadOnlyList<long> SampleSteps(string run) => Ask(run, (connection, id) =>
        connection.Query<long>("select distinct step from moment where run = @id and kind = 'samples_drawn' order by step", new { id }).AsList(), []);

    /// <summary>The samples drawn at a step; null when there are none.</summary>
    public SamplesDrawn? SamplesAt(string run, long step) => Ask(run, (connection, id) =>
        connection.QueryFirstOrDefault<string>("select body from moment where run = @id and kind = 'samples_drawn' and step = @step order by place desc", new { id, step }) is { } body
            ? EventFormat.FromLine(Encoding.UTF8.GetBytes(body)) as SamplesDrawn
            : null, null);

    private static MetricSeries SeriesOf(SqliteConnection connection, long run, string key, long number, int most, long from, long to)
    {
        using SqliteCommand command = connection.CreateCommand();
        foreach ((string name, long value) in ((string, long)[])[("$run", run), ("$key", number), ("$from", from), ("$to", to)]) command.Parameters.AddWithValue(name, value);
        command.CommandText = $"select count(*), coalesce(sum(points), 0) {SpansOfRun}";
        (long spans, long points) = One(command, row => (row.GetInt64(0), row.GetInt64(1)));
        if (points <= most || spans * 2 < most)
        {
            command.CommandText = $"select step, value, time {OfRun} order by step";
            IReadOnlyList<MetricPoint> all = All(command, row => new MetricPoint(row.GetInt64(0), row.IsDBNull(1) ? double.NaN : row.GetDouble(1), row.GetInt64(2)));
            return new(key, MetricSeries.Reduce(all, most), all.Count > most);
        }

        // Long series are drawn from their spans, which hold the lowest and the highest of a few steps each, and their ends.
        command.CommandText = $"select low_step, low, high_step, high, last_time {SpansOfRun} order by span";
        List<MetricPoint> ends = [];
        foreach ((MetricPoint low, MetricPoint high) in All(command, row => (new MetricPoint(row.GetInt64(0), row.GetDouble(1), row.GetInt64(4)), new MetricPoint(row.GetInt64(2), row.GetDouble(3), row.GetInt64(4)))))
        {
            ends.Add(low.Step <= high.Step ? low : high);
            if (low.Step != high.Step) ends.Add(low.Step < high.Step ? high : low);
        }

        command.CommandText = $"select step, value, time from (select step, value, time {OfRun} order by step limit 1) union select step, value, time from (select step, value, time {OfRun} order by step desc limit 1)";
        ends.AddRange(All(command, row => new MetricPoint(row.GetInt64(0), row.IsDBNull(1) ? double.NaN : row.GetDouble(1), row.GetInt64(2))));
        return new(key, MetricSeries.Reduce([.. ends.Where(point => point.Step >= from && point.Step <= to).DistinctBy(point => point.Step).OrderBy(point => point.Step)], most), true);
    }

    private static T One<T>(SqliteCommand command, Func<SqliteDataReader, T> read)
    {
        using SqliteDataReader row = command.ExecuteReader();
        row.Read();
        return read(row);
    }

    private static List<T> All<T>(SqliteCommand command, Func<SqliteDataReader, T> read)
    {
        using SqliteDataReader row = command.ExecuteReader();
        List<T> rows = [];
        while (row.Read()) rows.Add(read(row));
        return rows;
    }

    private T Ask<T>(string run, Func<SqliteConnection, long, T> question, T nothing) =>
        Ask(connection => connection.QueryFirstOrDefault<long?>("select id from run where path = @run", new { run }) is { } id ? question(connection, id) : nothing, nothing);

    /// <summary>Asks on a connection of its own, beside the writer.</summary>
    private T Ask<T>(Func<SqliteConnection, T> question, T nothing)
    {
        Interlocked.Increment(ref questions);
        int seen = generation;
        try
        {
            using var connection = new SqliteConnection(IndexFile.ReadString(path));
            connection.Open();
            return question(connection);
        }
        catch (SqliteException broken) when (IndexFile.IsDamage(broken))
        {
            // Who writes makes it again.
            if (seen == generation) isDamaged = true;
            return nothing;
        }
    }
}
