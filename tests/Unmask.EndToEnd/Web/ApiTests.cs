using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Unmask.EndToEnd.Web;

/// <summary>A program drives the workbench: everything the pages do, by addresses that the OpenAPI description names.</summary>
public sealed class ApiTests(EmptyWorkbench workbench) : IClassFixture<EmptyWorkbench>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_program_goes_from_a_file_to_a_model_that_writes()
    {
        using var workplace = new Workplace();
        await using var server = await Server.Start();
        var http = server.Client;

        // A dataset, and a template on it.
        var rows = await Answer(await http.PutAsync("/api/datasets/files/rows.jsonl", new ByteArrayContent(await File.ReadAllBytesAsync(workplace.In("rows.jsonl"), Stop)), Stop), HttpStatusCode.Created);
        Assert.Equal(60, (int)(await http.GetFromJsonAsync<JsonNode>($"/api/datasets/{rows["id"]}/statistics", Stop))!["rows"]!);
        Assert.Equal(60, (await http.GetFromJsonAsync<JsonNode>($"/api/datasets/{rows["id"]}/rows?limit=100000", Stop))!["rows"]!.AsArray().Count);
        var recipe = (await File.ReadAllTextAsync(workplace.Recipe(), Stop)).Replace("dataset: rows.jsonl", $"dataset: {Path.Combine(server.Home, "datasets", "rows", "rows.jsonl")}", StringComparison.Ordinal);
        var template = await Answer(await http.PostAsJsonAsync("/api/templates", new { title = "Two steps", recipe }, Stop), HttpStatusCode.Created);

        // Queued once, however often it is sent.
        JsonNode run = null!;
        foreach (var _ in (int[])[1, 2])
        {
            using var message = new HttpRequestMessage(HttpMethod.Post, "/api/runs") { Content = JsonContent.Create(new { template = (string)template["id"]!, set = (string[])["train_steps=6", "save_steps=2", "eval_steps=2", "sample_count=1"], name = "By a program" }) };
            message.Headers.Add("Idempotency-Key", "once");
            run = await Answer(await http.SendAsync(message, Stop), HttpStatusCode.Created);
        }

        var path = $"/api/runs/{run["id"]}";
        Assert.Single((await http.GetFromJsonAsync<JsonArray>("/api/runs", Stop))!);

        // Followed with a stream that is cut after each event: no step is missed and none comes twice.
        List<long> steps = [];
        for (var last = ""; steps.Count < 6;) last = await Follow(http, (string)run["id"]!, last, steps);
        Assert.Equal([1, 2, 3, 4, 5, 6], steps);
        for (var patience = 0; (string)run["status"]! != "succeeded"; patience++)
        {
            Assert.InRange(patience, 0, 600);
            await Task.Delay(100, Stop);
            run = (await http.GetFromJsonAsync<JsonNode>(path, Stop))!;
            Assert.NotEqual("failed", (string)run["status"]!);
        }

        // What it measured and wrote.
        Assert.Equal(6, (await http.GetFromJsonAsync<JsonNode>($"{path}/series?keys=loss", Stop))!["loss"]!.AsArray().Count);
        Assert.Equal(7, (await http.GetStringAsync($"{path}/metrics.csv", Stop)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("train_steps: 6", await http.GetStringAsync($"{path}/config.yaml", Stop), StringComparison.Ordinal);
        Assert.NotEmpty((await http.GetFromJsonAsync<JsonNode>($"{path}/log?level=info&limit=5", Stop))!["lines"]!.AsArray());
        Assert.NotEmpty((await http.GetFromJsonAsync<JsonArray>($"{path}/samples", Stop))!);
        var checkpoints = (await http.GetFromJsonAsync<JsonArray>($"{path}/checkpoints", Stop))!.Select(checkpoint => (long)checkpoint!["step"]!).ToList();
        Assert.Contains(6, checkpoints);
        Assert.Equal(HttpStatusCode.NoContent, (await http.PatchAsJsonAsync($"{path}/checkpoints/{checkpoints[0]}", new { kept = true }, Stop)).StatusCode);
        Assert.Contains("There is no action dance", await (await http.PostAsync($"{path}/dance", null, Stop)).Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        Assert.Equal("renamed", (string)(await Answer(await http.PatchAsJsonAsync(path, new { name = "renamed", tags = (string[])["tried"] }, Stop)))["name"]!);

        // The model writes, and goes with its run.
        var model = Assert.Single((await http.GetFromJsonAsync<JsonArray>("/api/models", Stop))!)!;
        var session = await Answer(await http.PostAsJsonAsync("/api/chat", new { model = (string)model["id"]! }, Stop));
        using (var writing = await http.PostAsJsonAsync($"/api/chat/{session["session"]}/generate", new { turns = (object[])[new { role = "user", content = "ab" }], sampler = new { max_new_tokens = 4 } }, Stop))
        {
            var written = await SseParser.Create(await writing.Content.ReadAsStreamAsync(Stop)).EnumerateAsync(Stop).ToListAsync(Stop);
            Assert.Equal("result", written[^1].EventType);
            Assert.Equal(4, written.Where(one => one.EventType == "frame").Sum(one => JsonNode.Parse(one.Data)!["written"]!.AsArray().Count));
        }

        Assert.Equal(HttpStatusCode.NoContent, (await http.DeleteAsync($"/api/chat/{session["session"]}", Stop)).StatusCode);
        Assert.True((long)(await Answer(await http.DeleteAsync(path, Stop)))["freed"]! > 0);
        Assert.Empty((await http.GetFromJsonAsync<JsonArray>("/api/models", Stop))!);
    }

    [Theory]
    [InlineData("GET", "/api/runs/nope", null, 404, "There is no nope in /api/runs; it may have been deleted. GET /api/runs lists them.")]
    [InlineData("GET", "/api/runs/nope/log.txt", null, 404, "There is no nope in /api/runs; it may have been deleted. GET /api/runs lists them.")]
    [InlineData("GET", "/api/nothing", null, 404, "There is nothing at /api/nothing. /openapi/v1.json lists the endpoints.")]
    [InlineData("POST", "/api/runs/nope/stop", null, 404, "There is no nope in /api/runs; it may have been deleted. GET /api/runs lists them.")]
    [InlineData("DELETE", "/api/queue", null, 405, "/api/queue takes GET, PATCH, not DELETE.")]
    [InlineData("GET", "/api/hub/search?kind=model", null, 400, "words is missing. Add the parameter to the address, as in ?words=…")]
    [InlineData("GET", "/api/datasets/rows/rows?limit=many", null, 400, "limit is many, which cannot be read; see /openapi/v1.json.")]
    [InlineData("GET", "/api/hub/search?kind=space&words=x", null, 422, "kind is space; use model, dataset.")]
    [InlineData("POST", "/api/runs", """{"template": "x", "overrides": ["batch_size=2"]}""", 400, "The body has the unknown field overrides. Known fields: template, recipe, set, name.")]
    [InlineData("POST", "/api/runs", """{"learning rate": 1}""", 400, "The body has the unknown field learning rate. Known fields: template, recipe, set, name.")]
    [InlineData("POST", "/api/chats", """{"text": "x", "sessions": [], "sampler": {"max_tokens": 3}}""", 400, "The body has the unknown field max_tokens. Known fields: ")]
    [InlineData("POST", "/api/runs", """{"template": """, 400, "The body cannot be read as JSON: ")]
    [InlineData("POST", "/api/runs", """{"recipe": "batch_size: 0\nlerning_rate: 1"}""", 422, "lerning_rate")]
    [InlineData("PATCH", "/api/queue", """{"cpu_slots": -1}""", 422, "-1")]
    [InlineData("POST", "/api/runs", """{"template": "x", "set": ["a=1", null]}""", 400, "The body cannot be read as JSON: A list contains null")]
    [InlineData("POST", "/api/templates", """{"title": "a\u0000", "recipe": "batch_size: 2"}""", 400, "the character NUL")]
    [InlineData("POST", "/api/templates", """{"title": "\ud800", "recipe": "batch_size: 2"}""", 400, "half a surrogate pair")]
    [InlineData("POST", "/api/templates", """{"title": "x", "recipe": "model_config: &a [*a, *a]"}""", 422, "alias")]
    [InlineData("POST", "/api/templates", """{"title": "x", "recipe": "model_config: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["}""", 422, "nested more than")]
    public async Task What_cannot_be_done_is_told_as_problem_details_with_a_sentence(string method, string address, string? body, int status, string sentence)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), address) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
        using var response = await workbench.Server.Client.SendAsync(request, Stop);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = (await response.Content.ReadFromJsonAsync<JsonNode>(Stop))!;
        Assert.Equal(status, (int)problem["status"]!);
        Assert.Contains(sentence, (string)problem["detail"]!, StringComparison.Ordinal);
    }

    /// <summary>Reads until something of the run was measured, and leaves; gives where to go on.</summary>
    private static async Task<string> Follow(HttpClient http, string run, string last, List<long> steps)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/stream?run={run}&from=0-0-0");
        if (last.Length > 0) request.Headers.Add("Last-Event-ID", last);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Stop);
        await foreach (var news in SseParser.Create(await response.Content.ReadAsStreamAsync(Stop)).EnumerateAsync(Stop))
        {
            if (news.EventType != "run") continue;
            var points = JsonNode.Parse(news.Data)!["points"]?["loss"]?.AsArray() ?? [];
            steps.AddRange(points.Select(point => (long)(double)point![0]!));
            if (points.Count > 0) return news.EventId!;
        }

        throw new InvalidOperationException("The stream ended.");
    }

    private static async Task<JsonNode> Answer(HttpResponseMessage response, HttpStatusCode code = HttpStatusCode.OK)
    {
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync(Stop);
            Assert.True(response.StatusCode == code, $"{response.StatusCode}: {text}");
            return JsonNode.Parse(text)!;
        }
    }
}
