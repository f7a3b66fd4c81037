using System.Collections.Concurrent;
using System.Globalization;
using Unmask.Core;
using Unmask.Core.Datasets;
using Unmask.Core.Hub;
using Unmask.Web.Security;

namespace Unmask.Web.Hub;

/// <summary>Downloads from the Hub that go on whatever page is shown. What is cut off, by a person or with the workbench, goes on where it stopped when it is asked for again.</summary>
/// <param name="secrets">Holds the token.</param>
/// <param name="datasets">Where data sets are put.</param>
public sealed class HubDownloads(SecretStore secrets, DatasetShelf datasets) : IAsyncDisposable
{
    private sealed record Entry(HubJob Job, CancellationTokenSource Stop, Task Work);

    private readonly ConcurrentDictionary<string, Entry> entries = [];
    private readonly Lock gate = new();
    private int last;

    /// <summary>How the Hub is reached now.</summary>
    /// <exception cref="UserError">A variable is wrong.</exception>
    public HubSettings Settings => HubSettings.From(name => Environment.GetEnvironmentVariable(name) ?? secrets.Variables().GetValueOrDefault(name));

    /// <summary>All of this start of the workbench, the last first.</summary>
    public IReadOnlyList<HubJob> All => [.. entries.Values.Select(entry => entry.Job).OrderByDescending(job => int.Parse(job.Id, CultureInfo.InvariantCulture))];

    /// <summary>Begins to download, or gives back the download of the same that goes on.</summary>
    /// <param name="id">What.</param>
    /// <param name="config">Configuration of a data set; null for its default.</param>
    /// <param name="split">Split of a data set; null for all.</param>
    public HubJob Start(HubId id, string? config = null, string? split = null)
    {
        var part = PartOf(config, split);
        lock (gate)
        {
            if (entries.Values.FirstOrDefault(entry => entry.Job is { State: HubJobState.Running } job && job.Kind == id.Kind && job.Name == id.ToString() && job.Part == part) is { } same) return same.Job;
            var job = new HubJob((++last).ToString(CultureInfo.InvariantCulture), id.Kind, id.ToString(), HubJobState.Running) { Part = part };
            var stop = new CancellationTokenSource();
            entries[job.Id] = new Entry(job, stop, Task.CompletedTask);
            var work = Task.Run(() => Work(job.Id, id, config, split, stop.Token));
            entries.AddOrUpdate(job.Id, _ => throw new InvalidOperationException(), (_, entry) => entry with { Work = work });
            return job;
        }
    }

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
        await Task.WhenAll(entries.Values.Select(entry => entry.Work));
    }

    private async Task Work(string job, HubId id, string? config, string? split, CancellationToken stop)
    {
        try
        {
            var settings = Settings;
            using var hub = new HubClient(settings, sentence => Change(job, now => now with { Sentence = sentence }));
            var cache = new HubCache(settings.Cache);
            void Tell(HubProgress progress) => Change(job, now => now with { Progress = progress, Sentence = null });
            if (id.Kind == HubKind.Model)
            {
                var got = await new HubDownload(hub, cache).Get(id, HubChoice.Model, Tell, stop);
                Change(job, now => now with { State = HubJobState.Done, Sentence = got.Note, Href = "/models" });
                return;
            }

            var rows = await new HubDatasets(hub, cache).Get(id, config, split, Tell, stop);
            var kept = datasets.Link(rows.Folder, id.Name.Split('/')[^1] + (PartOf(config, split) is { } part ? $" ({part})" : ""), $"Hub: {id}");
            Change(job, now => now with { State = HubJobState.Done, Sentence = rows.Note, Href = $"/datasets/{kept.Id}" });
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Change(job, now => now with { State = HubJobState.Cancelled, Sentence = "Stopped. What came is kept; download it again to go on." });
        }
        catch (UserError error)
        {
            Change(job, now => now with { State = HubJobState.Failed, Sentence = error.Message });
        }
    }

    private static string? PartOf(string? config, string? split) => string.Join(", ", ((string?[])[config, split]).OfType<string>()) is { Length: > 0 } named ? named : null;

    private void Change(string id, Func<HubJob, HubJob> change) => entries.AddOrUpdate(id, _ => throw new InvalidOperationException(), (_, entry) => entry with { Job = change(entry.Job) });
}
