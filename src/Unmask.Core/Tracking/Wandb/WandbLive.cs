using System.Text.Json;
using System.Text.Json.Nodes;

namespace Unmask.Core.Tracking.Wandb;

/// <summary>
/// Sends the records of a run to the server while it trains, from a thread of its own: whatever the server does, training neither waits nor stops
/// for it. What it has already of a resumed run is not sent again.
/// </summary>
internal sealed class WandbLive : IDisposable
{
    private const int LargestPost = 8 << 20;
    private const long MostKept = 64L << 20;

    private static readonly TimeSpan BetweenPosts = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LastWait = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LastWaitForAbsent = TimeSpan.FromSeconds(6);

    private readonly WandbServer server;
    private readonly string filesPath;
    private readonly Action<string> warn;
    private readonly Action stopTraining;
    private readonly Action<WandbRun> connected;
    private readonly TimeSpan between;
    private readonly Lock gate = new();
    private readonly AutoResetEvent wake = new(false);
    private readonly CancellationTokenSource giveUp = new();
    private readonly Queue<WandbRecord> waiting = [];
    private readonly WandbStream stream = new();
    private readonly Thread thread;
    private WandbRun run;
    private WandbExit? exit;
    private long kept;
    private bool lost;
    private bool stopTold;
    private volatile bool isClosing;

    /// <param name="server">The server.</param>
    /// <param name="run">The run.</param>
    /// <param name="resume">How to treat a run of that id that is there: allow, must, never, or null for allow.</param>
    /// <param name="filesPath">The folder <c>files</c>.</param>
    /// <param name="warn">Gets a sentence about what does not work.</param>
    /// <param name="stopTraining">Called once when the person presses Stop on the run's page.</param>
    /// <param name="connected">Gets the run with its entity and project as the server has them.</param>
    /// <param name="between">For tests; null for 15 seconds.</param>
    public WandbLive(WandbServer server, WandbRun run, string? resume, string filesPath, Action<string> warn, Action stopTraining, Action<WandbRun> connected, TimeSpan? between = null)
    {
        (this.server, this.run, this.filesPath, this.warn, this.stopTraining, this.connected) = (server, run, filesPath, warn, stopTraining, connected);
        this.between = between ?? BetweenPosts;
        thread = new Thread(() => Work(resume)) { IsBackground = true, Name = "weights and biases" };
        thread.Start();
    }

    /// <summary>Everything including the end is at the server.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Takes a record; never waits.</summary>
    public void Send(WandbRecord record)
    {
        lock (gate)
        {
            if (lost) return;
            kept += WandbStream.SizeOf(record);
            if (kept > MostKept)
            {
                lost = true;
                waiting.Clear();
                return;
            }

            waiting.Enqueue(record);
        }
    }

    /// <summary>Sends what is left, for some seconds at most: a server that is away has the rest from the offline folder.</summary>
    public void Dispose()
    {
        if (isClosing) return;
        isClosing = true;
        wake.Set();
        giveUp.CancelAfter(server.IsAway ? LastWaitForAbsent : LastWait);
        thread.Join();
        server.Dispose();
        giveUp.Dispose();
        wake.Dispose();
    }

    private void Work(string? resume)
    {
        try
        {
            Connect(resume);
            Upload(["config.yaml", "wandb-metadata.json", "requirements.txt"]);
            while (!IsComplete)
            {
                if (!isClosing) wake.WaitOne(between);
                bool last = isClosing;
                Take();
                if (lost) throw new WandbRefusal("it was away too long");
                Post();
                if (!last) continue;
                if (exit is { } end) Answer(server.Post(StreamPath, $"{{\"complete\":true,\"exitcode\":{end.ExitCode}}}", giveUp.Token));
                IsComplete = exit is not null;
                return;
            }
        }
        catch (WandbRefusal refusal)
        {
            warn($"Live reports to Weights & Biases ended: {refusal.Message}. The run continues and is stored in its offline folder.");
            lock (gate)
            {
                lost = true;
                waiting.Clear();
            }
        }
        catch (OperationCanceledException)
        {
            // It ended while the server was away; the offline folder has everything.
        }
    }

    private string StreamPath => $"files/{Uri.EscapeDataString(run.Entity!)}/{Uri.EscapeDataString(run.Project)}/{Uri.EscapeDataString(run.Id)}/file_stream";

    private void Connect(string? resume)
    {
        if (run.Entity is null)
        {
            JsonElement viewer = server.Ask("Viewer", WandbQueries.Viewer, [], giveUp.Token);
            run = run with { Entity = Text(viewer, "viewer", "entity") ?? throw new WandbRefusal("the key belongs to nobody; copy it again from the site's page of settings") };
        }

        JsonElement known = server.Ask("RunResumeStatus", WandbQueries.Resume, new JsonObject { ["project"] = run.Project, ["entity"] = run.Entity, ["name"] = run.Id }, giveUp.Token);
        bool exists = stream.GoOnFrom(known);
        if (resume == "must" && !exists) throw new WandbRefusal($"WANDB_RESUME is must, but it has no run {run.Id} in {run.Project}");
        if (resume == "never" && exists) throw new WandbRefusal($"WANDB_RESUME is never, but it has a run {run.Id} in {run.Project} already; name another in WANDB_RUN_ID");

        var config = new JsonObject();
        foreach ((string name, string json) in run.Config) config[name] = new JsonObject { ["value"] = JsonNode.Parse(json), ["desc"] = null };
        config["_wandb"] = new JsonObject { ["value"] = new JsonObject { ["t"] = new JsonObject { ["5"] = WandbQueries.Version } }, ["desc"] = null };
        JsonElement made = server.Ask("UpsertBucket", WandbQueries.Upsert, new JsonObject
        {
            ["name"] = run.Id,
            ["project"] = run.Project,
            ["entity"] = run.Entity,
            ["displayName"] = run.Name,
            ["groupName"] = run.Group,
            ["jobType"] = run.JobType,
            ["notes"] = run.Notes,
            ["tags"] = new JsonArray([.. run.Tags.Select(tag => (JsonNode)tag)]),
            ["host"] = Environment.MachineName,
            ["program"] = "unmask train",
            ["config"] = config.ToJsonString(),
        }, giveUp.Token);
        run = run with { Project = Text(made, "upsertBucket", "bucket", "project", "name") ?? run.Project, Entity = Text(made, "upsertBucket", "bucket", "project", "entity", "name") ?? run.Entity };
        connected(run);
    }

    /// <summary>Puts what waits into the stream; files go up at once.</summary>
    private void Take()
    {
        List<WandbRecord> taken;
        lock (gate)
        {
            taken = [.. waiting];
            waiting.Clear();
            kept = 0;
        }

        Upload([.. taken.OfType<WandbFile>().Select(file => file.Path)]);
        foreach (WandbRecord record in taken)
        {
            stream.Add(record);
            if (record is WandbExit end) exit = end;
        }
    }

    /// <summary>Posts all that is in the stream, part after part; a post that says nothing else tells that the run lives.</summary>
    private void Post()
    {
        do
        {
            Answer(server.Post(StreamPath, stream.Next(LargestPost), giveUp.Token));
            stream.Sent();
        }
        while (stream.HasMore);
    }

    private void Answer(JsonElement answer)
    {
        if (stopTold || answer.ValueKind != JsonValueKind.Object || !answer.TryGetProperty("stopped", out JsonElement stopped) || stopped.ValueKind != JsonValueKind.True) return;
        stopTold = true;
        stopTraining();
    }

    /// <summary>A file that cannot be uploaded costs the run nothing: it lies in the offline folder.</summary>
    private void Upload(IReadOnlyList<string> files)
    {
        if (files.Count == 0) return;
        try
        {
            JsonElement made = server.Ask("CreateRunFiles", WandbQueries.Files, new JsonObject
            {
                ["entity"] = run.Entity,
                ["project"] = run.Project,
                ["run"] = run.Id,
                ["files"] = new JsonArray([.. files.Select(file => (JsonNode)file)]),
            }, giveUp.Token).GetProperty("createRunFiles");
            string[] headers = [.. made.TryGetProperty("uploadHeaders", out JsonElement given) && given.ValueKind == JsonValueKind.Array ? given.EnumerateArray().Select(header => header.GetString() ?? "") : []];
            foreach (JsonElement file in made.GetProperty("files").EnumerateArray())
            {
                string name = file.GetProperty("name").GetString()!;
                if (!files.Contains(name)) continue;
                server.Put(file.GetProperty("uploadUrl").GetString()!, headers, Path.Combine(filesPath, name), giveUp.Token);
                stream.Uploaded(name);
            }
        }
        catch (Exception failure) when (failure is WandbRefusal or KeyNotFoundException or InvalidOperationException or IOException)
        {
            warn(string.Create(CultureInfo.InvariantCulture, $"{files.Count} files could not be uploaded to Weights & Biases: {failure.Message.TrimEnd('.')}. They are in the offline folder."));
        }
    }

    private static string? Text(JsonElement element, params string[] path)
    {
        foreach (string name in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element)) return null;
        }

        return element.ValueKind == JsonValueKind.String ? element.GetString() : null;
    }
}
