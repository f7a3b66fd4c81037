using System.Text.Json;
using System.Text.Json.Nodes;

namespace Unmask.Core.Tracking.Wandb;

/// <summary>The files that grow at the server while a run lives, as parts with the number of the line that each begins at. A part that was not answered is the same when it is sent again.</summary>
internal sealed class WandbStream
{
    private sealed class Lines(string name)
    {
        public string Name { get; } = name;

        public List<string> Content { get; } = [];

        public long Offset { get; set; }

        public int InPost { get; set; }
    }

    private readonly Lines history = new("wandb-history.jsonl");
    private readonly Lines events = new("wandb-events.jsonl");
    private readonly Lines output = new("output.log");
    private readonly List<string> uploaded = [];
    private string? summary;
    private string? post;
    private bool summaryInPost;
    private int uploadedInPost;
    private long lastStep = -1;
    private double lastStats = double.NegativeInfinity;
    private long linesToSkip;

    private Lines[] All => [history, events, output];

    /// <summary>Whether something waits to be sent.</summary>
    public bool HasMore => summary is not null || uploaded.Count > 0 || All.Any(lines => lines.Content.Count > 0);

    /// <summary>About how many bytes a record takes.</summary>
    public static int SizeOf(WandbRecord record) => record switch
    {
        WandbHistory history => history.Values.Sum(pair => pair.Key.Length + pair.Value.Length + 4),
        WandbSummary summary => summary.Values.Sum(pair => pair.Key.Length + pair.Value.Length + 4),
        WandbOutput output => output.Text.Length + 40,
        _ => 400,
    };

    /// <summary>Takes over what the server has of the run already.</summary>
    /// <param name="answer">Its answer to <see cref="WandbQueries.Resume"/>.</param>
    /// <returns>Whether it has the run.</returns>
    public bool GoOnFrom(JsonElement answer)
    {
        if (!Get(answer, "model", out JsonElement model) || !Get(model, "bucket", out JsonElement bucket)) return false;
        if (!Get(bucket, "wandbConfig", out JsonElement config) || !(config.ValueKind == JsonValueKind.String ? config.GetString()! : config.GetRawText()).Contains("\"t\"", StringComparison.Ordinal)) return false;
        history.Offset = Count(bucket, "historyLineCount");
        events.Offset = Count(bucket, "eventsLineCount");
        output.Offset = linesToSkip = Count(bucket, "logLineCount");
        if (history.Offset > 0) lastStep = (long)(Last(bucket, "historyTail", "_step") ?? -1);
        if (events.Offset > 0) lastStats = Last(bucket, "eventsTail", "_timestamp") ?? lastStats;
        return true;
    }

    /// <summary>Adds a record, unless the server has it.</summary>
    public void Add(WandbRecord record)
    {
        switch (record)
        {
            case WandbHistory row when row.Step > lastStep:
                lastStep = row.Step;
                history.Content.Add(WandbJson.Object(row.Values));
                break;
            case WandbSummary all:
                summary = WandbJson.Object(all.Values);
                break;
            case WandbStats stats when Seconds(stats.Time) > lastStats:
                lastStats = Seconds(stats.Time);
                events.Content.Add(WandbJson.Object([
                    new("_wandb", "true"), new("_timestamp", WandbJson.Of(lastStats)), new("_runtime", WandbJson.Of(stats.Runtime)),
                    .. stats.Values.Select(pair => KeyValuePair.Create("system." + pair.Key, WandbJson.Of(pair.Value)))]));
                break;
            case WandbOutput line when linesToSkip > 0:
                linesToSkip--;
                break;
            case WandbOutput line:
                output.Content.Add(string.Create(CultureInfo.InvariantCulture, $"{(line.IsError ? "ERROR " : "")}{line.Time.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.ffffff} {line.Text}\n"));
                break;
        }
    }

    /// <summary>A file is up.</summary>
    public void Uploaded(string name) => uploaded.Add(name);

    /// <summary>The next post; the same until it was <see cref="Sent"/>.</summary>
    /// <param name="largest">Bytes of lines that it holds at most, about; one line always fits.</param>
    public string Next(int largest)
    {
        if (post is not null) return post;
        var files = new JsonObject();
        long room = largest;
        foreach (Lines lines in All)
        {
            lines.InPost = 0;
            while (lines.InPost < lines.Content.Count && (room > 0 || lines.InPost == 0)) room -= lines.Content[lines.InPost++].Length;
            if (lines.InPost == 0) continue;
            files[lines.Name] = new JsonObject { ["offset"] = lines.Offset, ["content"] = new JsonArray([.. lines.Content.Take(lines.InPost).Select(line => (JsonNode)line)]) };
        }

        summaryInPost = summary is not null;
        if (summary is not null) files["wandb-summary.json"] = new JsonObject { ["offset"] = 0, ["content"] = new JsonArray((JsonNode)summary) };
        uploadedInPost = uploaded.Count;
        var all = new JsonObject();
        if (files.Count > 0) all["files"] = files;
        if (uploaded.Count > 0) all["uploaded"] = new JsonArray([.. uploaded.Select(name => (JsonNode)name)]);
        return post = all.ToJsonString();
    }

    /// <summary>The post was taken.</summary>
    public void Sent()
    {
        foreach (Lines lines in All)
        {
            lines.Content.RemoveRange(0, lines.InPost);
            lines.Offset += lines.InPost;
        }

        if (summaryInPost) summary = null;
        uploaded.RemoveRange(0, uploadedInPost);
        post = null;
    }

    private static double Seconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).TotalSeconds;

    private static bool Get(JsonElement element, string name, out JsonElement value)
    {
        value = default;
        return element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out value) && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined);
    }

    private static long Count(JsonElement bucket, string name) => Get(bucket, name, out JsonElement count) && count.ValueKind == JsonValueKind.Number ? count.GetInt64() : 0;

    /// <summary>A number of the last line that the server shows: its tail is a JSON list of JSON texts.</summary>
    private static double? Last(JsonElement bucket, string tail, string name)
    {
        try
        {
            if (!Get(bucket, tail, out JsonElement text) || text.ValueKind != JsonValueKind.String || JsonInput.Parse(text.GetString()!) is not JsonArray { Count: > 0 } lines) return null;
            return JsonInput.Parse((string)lines[^1]!)?[name]?.GetValue<double>();
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }
}
