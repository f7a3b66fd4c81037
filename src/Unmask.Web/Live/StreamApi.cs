using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Unmask.Core.Events;
using Unmask.Core.Jobs;
using Unmask.Core.Jobs.Feeds;
using Unmask.Core.Jobs.Registry;
using Unmask.Core.Jobs.Status;
using Unmask.Core.Runs.Indexing;
using Unmask.Web.Components;

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
    /// <summary>Units of its phase that are done, and all of them, where it counts: rows, bytes.</summary>
    public long? PhaseDone { get; init; }

    /// <inheritdoc cref="PhaseDone"/>
    public long? PhaseTotal { get; init; }

    /// <summary>New points by series: step and value.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<double?[]>>? Points { get; init; }

    /// <summary>Its processes, where it has several and they have reported.</summary>
    public RankView? Ranks { get; init; }

    /// <summary>Which of the runs that are followed it is about, from 0, in the order in which the stream was asked for them.</summary>
    public int? Place { get; init; }

    /// <summary>Whole lines that its log has.</summary>
    public long? LogLines { get; init; }

    /// <summary>It evaluated, sampled, saved or ended.</summary>
    public bool Drew { get; init; }

    /// <summary>Steps of the checkpoints that are there, where that may have changed.</summary>
    public IReadOnlyList<long>? Checkpoints { get; init; }

    /// <summary>With what stands beside the titles of the page's tabs, and the marks of its charts.</summary>
    public RunNews With(RunHistory history)
    {
        long[] checkpoints = [.. history.Checkpoints.Select(checkpoint => checkpoint.Step)];
        var counts = new Dictionary<string, string>(Numbers)
        {
            ["count_samples"] = Format.Count(history.SampleSteps.Count),
            ["count_checkpoints"] = Format.Count(checkpoints.Length),
        };
        return this with { Numbers = counts, Checkpoints = checkpoints };
    }

    /// <summary>News of a run.</summary>
    public static RunNews Of(RunOverview run) => new(run.Id, run.Name, RunView.State(run), run.IsLive, run.Progress.Step, run.Progress.TotalSteps, RunView.Numbers(run)) { PhaseDone = run.Progress.PhaseDone, PhaseTotal = run.Progress.PhaseTotal };
}

/// <summary>
/// The one stream of events that the pages of a browser listen to: changes of all runs, and of the runs that they show also what they measure and log. Its
/// ids are positions in what those runs told, joined by commas, so that who was cut off is sent what it missed and nothing twice.
/// </summary>
internal static class StreamApi
{
    private static readonly TimeSpan quiet = TimeSpan.FromSeconds(15);

    /// <summary>A run that is followed, and how much of it was seen; null begins now.</summary>
    private sealed record Followed(string Run, FeedPosition? Seen);

    /// <summary>An event, and for one about a followed run its place among them and what is seen after it.</summary>
    private sealed record Message(SseItem<object> Item, int? Place = null, FeedPosition Seen = default);

    public static void MapStream(this IEndpointRouteBuilder routes) => routes.MapGet("/api/stream", (RunScheduler scheduler, HttpContext context, string[]? run, string[]? from) =>
    {
        var last = context.Request.Headers["Last-Event-ID"].ToString().Split(',');
        var followed = (run ?? []).Select((id, place) => new Followed(id, FeedPosition.Parse(last.ElementAtOrDefault(place)) ?? FeedPosition.Parse(from?.ElementAtOrDefault(place))));
        return TypedResults.ServerSentEvents(Send(scheduler, [.. followed], context.RequestAborted));
    }).WithTags("Runs").WithSummary("Server-sent events: 'runs' when runs changed, at first with the active ones; with ?run=ID (repeatable) also 'run' with new metrics, 'reset' when they must be fetched again. Resumes by Last-Event-ID, or from the position in &from=, 0-0-0 for the start.");

    private static async IAsyncEnumerable<SseItem<object>> Send(RunScheduler scheduler, IReadOnlyList<Followed> followed, [EnumeratorCancellation] CancellationToken stop)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var subscription = scheduler.Subscribe();
        var news = Channel.CreateBounded<Message>(64);
        var seen = followed.Select(run => run.Seen).ToArray();
        End(Write(Changes(scheduler, subscription, ended.Token)), TaskContinuationOptions.None);
        End(Write(Quiet(ended.Token)), TaskContinuationOptions.None);
        // A run that is deleted ends nothing for the others.
        for (var place = 0; place < followed.Count; place++) End(Write(News(scheduler, followed[place], place, ended.Token)), TaskContinuationOptions.OnlyOnFaulted);
        try
        {
            await foreach (var message in news.Reader.ReadAllAsync(stop))
            {
                if (message.Place is not { } place) yield return message.Item;
                else
                {
                    seen[place] = message.Seen;
                    yield return new SseItem<object>(message.Item.Data, message.Item.EventType) { EventId = string.Join(',', seen) };
                }
            }
        }
        finally
        {
            await ended.CancelAsync();
        }

        async Task Write(IAsyncEnumerable<Message> messages)
        {
            await foreach (var message in messages.WithCancellation(ended.Token)) await news.Writer.WriteAsync(message, ended.Token);
        }

        void End(Task writer, TaskContinuationOptions when) => _ = writer.ContinueWith(_ => news.Writer.TryComplete(), CancellationToken.None, when, TaskScheduler.Default);
    }

    private static async IAsyncEnumerable<Message> Changes(RunScheduler scheduler, RunSubscription subscription, [EnumeratorCancellation] CancellationToken stop)
    {
        yield return new Message(new SseItem<object>(new { Runs = scheduler.List().Where(run => run.IsLive).Select(RunNews.Of), Changed = false, All = true }, "runs"));
        await foreach (var batch in subscription.ReadAll(stop))
        {
            var changed = batch.Any(change => change.Kind is not RunChangeKind.Progressed);
            var runs = batch.Any(change => change.Kind == RunChangeKind.Missed)
                ? scheduler.List().Where(run => run.IsLive)
                : batch.Where(change => change.Run is not null).GroupBy(change => change.RunId).Select(group => group.Last().Run!);
            yield return new Message(new SseItem<object>(new { Runs = runs.Select(RunNews.Of), Changed = changed }, "runs"));
            await Task.Delay(100, stop);
        }
    }

    private static async IAsyncEnumerable<Message> News(RunScheduler scheduler, Followed followed, int place, [EnumeratorCancellation] CancellationToken stop)
    {
        if (scheduler.Find(followed.Run) is null) yield break;
        await foreach (var batch in scheduler.Feed.Follow(followed.Run, followed.Seen, stop))
        {
            if (scheduler.Find(followed.Run) is not { } run) yield break;
            var points = batch.Events.SelectMany(MetricNames.Of).GroupBy(point => point.Key).ToDictionary(
                series => series.Key, series => (IReadOnlyList<double?[]>)[.. series.Select(point => new double?[] { point.Step, double.IsFinite(point.Value) ? point.Value : null })]);
            var drew = batch.Events.Any(happened => happened is SamplesDrawn or CheckpointSaved or EvaluationFinished or RunFinished);
            var told = RunNews.Of(run) with { Place = place, Ranks = RankView.Of(run.Progress.Ranks), Points = points, LogLines = batch.Position.Lines, Drew = drew };
            if (drew && scheduler.History(run.Id) is { } history) told = told.With(history);
            yield return new Message(new SseItem<object>(told, batch.Reset ? "reset" : "run"), place, batch.Position);
        }
    }

    /// <summary>A word now and then keeps the connection, and lets the server notice that nobody listens any more.</summary>
    private static async IAsyncEnumerable<Message> Quiet([EnumeratorCancellation] CancellationToken stop)
    {
        while (true)
        {
            await Task.Delay(quiet, stop);
            yield return new Message(new SseItem<object>(new { }, "quiet"));
        }
    }
}
