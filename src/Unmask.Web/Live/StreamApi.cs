using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Unmask.Core.Events;
using Unmask.Core.Jobs;
using Unmask.Core.Runs;

namespace Unmask.Web.Live;

/// <summary>The state of one run for the pages that show it.</summary>
/// <param name="Id">Which run.</param>
/// <param name="Name">Its name.</param>
/// <param name="Status">Its status, a word.</param>
/// <param name="Live">A process works on it.</param>
/// <param name="Step">Steps made.</param>
/// <param name="Total">Steps in all.</param>
/// <param name="Numbers">Texts by name.</param>
public sealed record RunNews(string Id, string Name, string Status, bool Live, long? Step, long? Total, IReadOnlyDictionary<string, string> Numbers)
{
    /// <summary>New points by series: step and value.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<double?[]>>? Points { get; init; }

    /// <summary>Whole lines that its log has.</summary>
    public long? LogLines { get; init; }

    /// <summary>It evaluated, sampled, saved or ended.</summary>
    public bool Drew { get; init; }

    /// <summary>News of a run.</summary>
    public static RunNews Of(RunOverview run) => new(run.Id, run.Name, RunView.State(run), run.IsLive, run.Progress.Step, run.Progress.TotalSteps, RunView.Numbers(run));
}

/// <summary>
/// The one stream of events that a page listens to: changes of all runs, and of one run also what it measures and logs. Its ids are positions in what
/// that run told, so that a page that was cut off is sent what it missed and nothing twice.
/// </summary>
internal static class StreamApi
{
    private static readonly TimeSpan quiet = TimeSpan.FromSeconds(15);

    public static void MapStream(this IEndpointRouteBuilder routes) => routes.MapGet("/api/stream", (RunBoard board, HttpContext context, string? run, string? from) =>
    {
        var seen = FeedPosition.Parse(context.Request.Headers["Last-Event-ID"]) ?? FeedPosition.Parse(from);
        return TypedResults.ServerSentEvents(Follow(board, run is not null && board.Find(run) is not null ? run : null, seen, context.RequestAborted));
    }).WithTags("Runs").WithSummary("Server-sent events: 'runs' when runs changed; with ?run=ID also 'run' with its new measures, 'reset' when they must be fetched anew. Resumes by Last-Event-ID.");

    private static async IAsyncEnumerable<SseItem<object>> Follow(RunBoard board, string? run, FeedPosition? seen, [EnumeratorCancellation] CancellationToken stop)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var subscription = board.Subscribe();
        var news = Channel.CreateBounded<SseItem<object>>(64);
        Task[] writers = [Write(News(board, subscription, ended.Token)), Write(Quiet(ended.Token)), .. run is null ? Array.Empty<Task>() : [Write(News(board, run, seen, ended.Token))]];
        _ = Task.WhenAny(writers).ContinueWith(_ => news.Writer.TryComplete(), TaskScheduler.Default);
        try
        {
            await foreach (var item in news.Reader.ReadAllAsync(stop)) yield return item;
        }
        finally
        {
            await ended.CancelAsync();
        }

        async Task Write(IAsyncEnumerable<SseItem<object>> items)
        {
            await foreach (var item in items.WithCancellation(ended.Token)) await news.Writer.WriteAsync(item, ended.Token);
        }
    }

    private static async IAsyncEnumerable<SseItem<object>> News(RunBoard board, BoardSubscription subscription, [EnumeratorCancellation] CancellationToken stop)
    {
        await foreach (var batch in subscription.ReadAll(stop))
        {
            var changed = batch.Any(change => change.Kind is not BoardChangeKind.Progressed);
            var runs = batch.Any(change => change.Kind == BoardChangeKind.Missed)
                ? board.List().Where(run => run.IsLive)
                : batch.Where(change => change.Run is not null).GroupBy(change => change.RunId).Select(group => group.Last().Run!);
            yield return new SseItem<object>(new { Runs = runs.Select(RunNews.Of), Changed = changed }, "runs");
            await Task.Delay(100, stop);
        }
    }

    private static async IAsyncEnumerable<SseItem<object>> News(RunBoard board, string id, FeedPosition? seen, [EnumeratorCancellation] CancellationToken stop)
    {
        await foreach (var batch in board.Follow(id, seen, stop))
        {
            if (board.Find(id) is not { } run) yield break;
            var points = batch.Events.SelectMany(MetricNames.Of).GroupBy(point => point.Key).ToDictionary(
                series => series.Key, series => (IReadOnlyList<double?[]>)[.. series.Select(point => new double?[] { point.Step, double.IsFinite(point.Value) ? point.Value : null })]);
            var drew = batch.Events.Any(happened => happened is SamplesDrawn or CheckpointSaved or EvaluationFinished or RunFinished);
            yield return new SseItem<object>(RunNews.Of(run) with { Points = points, LogLines = batch.Position.Lines, Drew = drew }, batch.Reset ? "reset" : "run") { EventId = batch.Position.ToString() };
        }
    }

    /// <summary>A word now and then keeps the connection, and lets the server notice that nobody listens any more.</summary>
    private static async IAsyncEnumerable<SseItem<object>> Quiet([EnumeratorCancellation] CancellationToken stop)
    {
        while (true)
        {
            await Task.Delay(quiet, stop);
            yield return new SseItem<object>(new { }, "quiet");
        }
    }
}
