using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Unmask.Tests.Tracking;

/// <summary>A Weights &amp; Biases server on loopback that checks what the real one checks, and a storage host that must never see the key. What is wrong is kept in <see cref="Violations"/>.</summary>
internal sealed class WandbFake : IDisposable
{
    public const string Key = "0123456789abcdef0123456789abcdef01234567";

    private static readonly string[] Streams = ["wandb-history.jsonl", "wandb-events.jsonl", "output.log"];

    private readonly LoopbackServer api;
    private readonly LoopbackServer storage;
    private readonly Lock gate = new();

    public WandbFake() => (api, storage) = (new(Answer), new(Store));

    public string Address => api.Address;

    public List<string> Violations { get; } = [];

    public Dictionary<string, List<string>> Lines { get; } = Streams.ToDictionary(name => name, _ => new List<string>());

    public Dictionary<string, string> Stored { get; } = [];

    public JsonObject? Config { get; private set; }

    public string? Summary { get; private set; }

    public int? ExitCode { get; private set; }

    /// <summary>Every so many calls are refused with 503 after they were carried out, as when an answer is lost.</summary>
    public int LoseEvery { get; init; }

    /// <summary>Answers as though the person pressed Stop.</summary>
    public bool Stops { get; set; }

    /// <summary>Answers every call with it.</summary>
    public HttpStatusCode? Refuses { get; init; }

    public int Calls { get; private set; }

    /// <summary>Lets a run go on that ended.</summary>
    public void Reopen() => ExitCode = null;

    public void Dispose()
    {
        api.Dispose();
        storage.Dispose();
    }

    private void Answer(HttpListenerContext context, byte[] content)
    {
        lock (gate)
        {
            var response = context.Response;
            Calls++;
            if (Refuses is { } refusal)
            {
                response.StatusCode = (int)refusal;
                return;
            }

            if (context.Request.Headers["Authorization"] != "Basic " + Convert.ToBase64String(Encoding.ASCII.GetBytes("api:" + Key))) Violations.Add("wrong key: " + context.Request.Headers["Authorization"]);
            var body = JsonNode.Parse(content)!.AsObject();
            var answer = context.Request.Url!.AbsolutePath switch
            {
                "/graphql" => GraphQl(body),
                "/files/me/words/" + RunId + "/file_stream" => Stream(body),
                var other => Wrong($"unknown path {other}"),
            };
            if (LoseEvery > 0 && Calls % LoseEvery == 0)
            {
                response.StatusCode = 503;
                return;
            }

            response.ContentType = "application/json";
            LoopbackServer.Write(context, answer.ToJsonString());
        }
    }

    public const string RunId = "abcd1234";

    private JsonObject GraphQl(JsonObject body)
    {
        var variables = body["variables"]!.AsObject();
        switch ((string)body["operationName"]!)
        {
            case "Viewer": return Data("viewer", new JsonObject { ["entity"] = "me" });
            case "RunResumeStatus":
                var tail = Lines["wandb-history.jsonl"].TakeLast(1).Select(line => (JsonNode)line);
                return Data("model", new JsonObject
                {
                    ["bucket"] = Config is null ? null : new JsonObject
                    {
                        ["historyLineCount"] = Lines["wandb-history.jsonl"].Count,
                        ["eventsLineCount"] = Lines["wandb-events.jsonl"].Count,
                        ["logLineCount"] = Lines["output.log"].Count,
                        ["historyTail"] = new JsonArray([.. tail]).ToJsonString(),
                        ["eventsTail"] = new JsonArray([.. Lines["wandb-events.jsonl"].TakeLast(1).Select(line => (JsonNode)line)]).ToJsonString(),
                        ["wandbConfig"] = Config["_wandb"]?["value"]?.ToJsonString(),
                    },
                });
            case "UpsertBucket":
                if ((string?)variables["name"] != RunId || (string?)variables["project"] != "words" || (string?)variables["entity"] != "me") Violations.Add("upsert of another run");
                Config = JsonNode.Parse((string)variables["config"]!)!.AsObject();
                foreach (var (name, value) in Config)
                {
                    if (value is not JsonObject wrapped || !wrapped.ContainsKey("value")) Violations.Add($"config {name} is not wrapped");
                }

                return Data("upsertBucket", new JsonObject { ["bucket"] = new JsonObject { ["project"] = new JsonObject { ["name"] = "words", ["entity"] = new JsonObject { ["name"] = "me" } } }, ["inserted"] = true });
            case "CreateRunFiles":
                return Data("createRunFiles", new JsonObject
                {
                    ["uploadHeaders"] = new JsonArray("X-Storage: yes"),
                    ["files"] = new JsonArray([.. variables["files"]!.AsArray().Select(name => (JsonNode)new JsonObject { ["name"] = (string)name!, ["uploadUrl"] = $"{storage.Address}/{name}" })]),
                });
            case var other: return Wrong($"unknown operation {other}");
        }
    }

    private JsonObject Stream(JsonObject body)
    {
        if (Config is null) Violations.Add("stream before upsert");
        if (ExitCode is not null && !(body.ContainsKey("complete") && LoseEvery > 0)) Violations.Add("stream after complete");
        foreach (var (name, part) in body["files"]?.AsObject() ?? [])
        {
            var content = part!["content"]!.AsArray().Select(line => (string)line!).ToList();
            if (name == "wandb-summary.json")
            {
                Summary = content.Single();
                JsonDocument.Parse(Summary);
                continue;
            }

            if (!Lines.TryGetValue(name, out var lines))
            {
                Violations.Add($"unknown file {name}");
                continue;
            }

            var offset = (int)part["offset"]!;
            if (offset > lines.Count) Violations.Add($"{name} has a gap: {offset} after {lines.Count}");
            for (var i = 0; i < content.Count; i++)
            {
                if (offset + i < lines.Count && lines[offset + i] != content[i]) Violations.Add($"{name} line {offset + i} is not the same when it is repeated");
                if (offset + i == lines.Count) lines.Add(content[i]);
                if (name != "output.log") JsonDocument.Parse(content[i]);
                else if (!content[i].EndsWith('\n')) Violations.Add("a line of output.log has no end");
            }
        }

        var steps = Lines["wandb-history.jsonl"].Select(line => (long)JsonNode.Parse(line)!["_step"]!).ToList();
        if (steps.Zip(steps.Skip(1)).Any(pair => pair.First >= pair.Second)) Violations.Add("_step does not rise: " + string.Join(' ', steps.Select(step => step.ToString(CultureInfo.InvariantCulture))));
        if (body["complete"] is { } complete && (bool)complete) ExitCode = (int)body["exitcode"]!;
        return new JsonObject { ["exitcode"] = null, ["stopped"] = Stops };
    }

    private void Store(HttpListenerContext context, byte[] content)
    {
        lock (gate)
        {
            if (context.Request.Headers["Authorization"] is not null) Violations.Add("the key was sent to the storage host");
            if (context.Request.HttpMethod != "PUT" || context.Request.Headers["X-Storage"] != "yes") Violations.Add("not put as the server said");
            Stored[context.Request.Url!.AbsolutePath[1..]] = Encoding.UTF8.GetString(content);
        }
    }

    private static JsonObject Data(string name, JsonObject value) => new() { ["data"] = new JsonObject { [name] = value } };

    private JsonObject Wrong(string what)
    {
        Violations.Add(what);
        return [];
    }
}
