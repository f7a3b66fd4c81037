using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Unmask.Core;
using Unmask.Core.Datasets;
using Unmask.Core.Hub;
using Unmask.Core.Hub.Caching;
using Unmask.Core.Hub.Datasets;
using Unmask.Core.Hub.Downloads;
using Unmask.Core.Hub.Http;
using Unmask.Core.Hub.Uploads;
using Unmask.Core.Models;
using Unmask.Web.Security;

namespace Unmask.Web.Hub;

/// <summary>Downloads from the Hub and pushes to it that go on whatever page is shown. What is cut off, by a person or with the workbench, goes on where it stopped when it is asked for again.</summary>
/// <param name="secrets">Holds the token.</param>
/// <param name="datasets">Where datasets are put.</param>
/// <param name="logger">Gets the traces of faults.</param>
public sealed class HubTransfers(SecretStore secrets, DatasetStore datasets, ILogger<HubTransfers> logger) : IAsyncDisposable
{
    private sealed record Entry(HubJob Job, CancellationTokenSource Stop, Task Work);

    private readonly ConcurrentDictionary<string, Entry> entries = [];
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(3);

    private readonly Lock gate = new();
    private int last;

    /// <summary>How the Hub is reached now.</summary>
    /// <exception cref="UserError">A variable is wrong.</exception>
    public HubSettings Settings => HubSettings.From(name => Environment.GetEnvironmentVariable(name) ?? secrets.Variables().GetValueOrDefault(name));

    /// <summary>All of this start of the workbench, the last first.</summary>
    public IReadOnlyList<HubJob> All => [.. entries.Values.Select(entry => entry.Job).OrderByDescending(job => int.Parse(job.Id, CultureInfo.InvariantCulture))];

    /// <summary>Begins to download, or gives back the download of the same that goes on.</summary>
    /// <param name="id">What.</param>
    /// <param name="config">Configuration of a dataset; null for its default.</param>
    /// <param name="split">Split of a dataset; null for all.</param>
    public HubJob Download(HubId id, string? config = null, string? split = null) => Begin(id, HubWay.Download, PartOf(config, split), id.Kind == HubKind.Model
        ? async (job, hub, cache, stop) =>
        {
            var got = await new HubDownload(hub, cache).Get(id, HubChoice.Model, Tell(job), stop);
            return now => now with { Sentence = got.Note, Href = "/models" };
        }
    : async (job, hub, cache, stop) =>
    {
        var rows = await new HubDatasets(hub, cache).Get(id, config, split, Tell(job), stop);
        var kept = datasets.Link(rows.Folder, id.Name.Split('/')[^1] + (PartOf(config, split) is { } part ? $" ({part})" : ""), $"Hub: {id}");
        return now => now with { Sentence = rows.Note, Href = $"/datasets/{kept.Id}" };
    });

    /// <summary>Begins to push the folder of a model, or gives back the push to the same place that goes on.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="id">Where to.</param>
    /// <param name="isPrivate">Whether a new repository can be seen by its owner only.</param>
    public HubJob Push(string folder, HubId id, bool isPrivate) => Begin(id, HubWay.Push, null, async (job, hub, _, stop) =>
    {
        var done = await new HubPush(hub).Push(folder, id, new HubPushOptions { Private = isPrivate, Linked = ModelOrigin.LinkedFrom(folder) }, Tell(job), stop);
        return now => now with { Sentence = $"{(done.CreatesRepository ? $"A {(isPrivate ? "private" : "public")} repository was made. " : "")}{done.Page}" };
    });

    /// <summary>Ends one; what came is kept.</summary>
    /// <returns>Whether there is one of that id.</returns>
    public bool Cancel(string id)
    {
        if (!entries.TryGetValue(id, out var entry)) return false;
        entry.Stop.Cancel();
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var entry in entries.Values) await entry.Stop.CancelAsync();
        // What does not hear is left: the process ends with it, and what came is whole or a part that is continued.
        await Task.WhenAny(Task.WhenAll(entries.Values.Select(entry => entry.Work)), Task.Delay(patience));
    }

    private HubJob Begin(HubId id, HubWay way, string? part, Func<string, HubClient, HubCache, CancellationToken, Task<Func<HubJob, HubJob>>> transfer)
    {
        lock (gate)
        {
            if (entries.Values.FirstOrDefault(entry => entry.Job is { State: HubJobState.Running } job && job.Kind == id.Kind && job.Way == way && job.Name == id.ToString() && job.Part == part) is { } same) return same.Job;
            var job = new HubJob((++last).ToString(CultureInfo.InvariantCulture), id.Kind, way, id.ToString(), HubJobState.Running) { Part = part };
            var stop = new CancellationTokenSource();
            entries[job.Id] = new Entry(job, stop, Task.CompletedTask);
            var work = Task.Run(() => Work(job.Id, transfer, stop.Token));
            entries.AddOrUpdate(job.Id, _ => throw new InvalidOperationException(), (_, entry) => entry with { Work = work });
            return job;
        }
    }

    private Action<HubProgress> Tell(string job) => progress => Change(job, now => now with { Progress = progress, Sentence = null });

    private async Task Work(string job, Func<string, HubClient, HubCache, CancellationToken, Task<Func<HubJob, HubJob>>> transfer, CancellationToken stop)
    {
        try
        {
            var settings = Settings;
            using var hub = new HubClient(settings, sentence => Change(job, now => now with { Sentence = sentence }));
            var done = await transfer(job, hub, new HubCache(settings.Cache), stop);
            Change(job, now => done(now) with { State = HubJobState.Done });
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Change(job, now => now with { State = HubJobState.Cancelled, Sentence = "Stopped. Completed files are kept. Start the transfer again to resume." });
        }
        catch (UserError error)
        {
            Change(job, now => now with { State = HubJobState.Failed, Sentence = error.Message });
        }
        catch (Exception bug)
        {
            // Nobody waits for it but the page, which must not show it at work for ever.
            logger.LogError(bug, "The transfer {Job} failed.", job);
            Change(job, now => now with { State = HubJobState.Failed, Sentence = Faults.BugOf(bug) });
        }
    }

    private static string? PartOf(string? config, string? split) => string.Join(", ", ((string?[])[config, split]).OfType<string>()) is { Length: > 0 } named ? named : null;

    private void Change(string id, Func<HubJob, HubJob> change) => entries.AddOrUpdate(id, _ => throw new InvalidOperationException(), (_, entry) => entry with { Job = change(entry.Job) });
}
