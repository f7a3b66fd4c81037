using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Unmask.Core;
using Unmask.Core.Jobs;
using Unmask.Core.Workspaces;
using Unmask.Web;
using Unmask.Web.Security;
using Xunit;

namespace Unmask.EndToEnd.Web;

/// <summary>Every address of the workbench gets what no page of it sends: each answer is the sender's mistake in a sentence, or as if nothing were odd, and never a fault of ours.</summary>
public sealed partial class BatteryTests : IAsyncLifetime
{
    private const string Nul = "a\0b";

    /// <summary>In the place of ids, numbers and words of an address.</summary>
    private static readonly string[] oddValues = ["gone", "9223372036854775807", "-1", "99999999999999999999", "..%2F..%2Fetc", "%C3%A4%E2%80%AE", "%F0%9F%99%82", "a'b\"c", new('x', 300)];

    /// <summary>Recipes that are small and would become large, deep or endless.</summary>
    private static readonly string[] yamlBombs =
    [
        "? &a [*a]\n", string.Concat(Enumerable.Range(0, 12).Select(level => $"a{level}: &a{level} [{string.Join(',', Enumerable.Repeat(level == 0 ? "x" : $"*a{level - 1}", 10))}]\n")),
        new('[', 20_000), string.Concat(Enumerable.Repeat("- ", 20_000)), new('?', 5000), "a: " + new string('{', 10_000), "<<: &b {<<: *b}\n",
    ];

    /// <summary>JSON bodies: wrong types, nothing, too much of one kind, no Unicode, no end.</summary>
    private static readonly string[] oddBodies =
    [
        "", "{}", "null", "[]", "7", "\"text\"", "{", "{\"a\":", "{\"title\":null}", "{\"name\":null}", "{\"name\":\"a\",\"name\":\"b\"}", "{\"title\":\"\\u0000\",\"recipe\":\"a: b\"}", "{\"title\":\"\\ud800\",\"recipe\":\"x\"}",
        "{\"\\ud800\":1}", "{\"text\":\"x\",\"sessions\":null}", "{\"text\":\"x\",\"sessions\":[null]}", "{\"model\":7}", "{\"kept\":\"perhaps\"}", "{\"kind\":\"space\",\"name\":\"x\"}", "{\"kind\":7,\"name\":\"x\"}", "{\"cpu_slots\":1e999}", "{\"cpu_slots\":99999999999}",
        "{\"folder\":\"\"}", "{\"folder\":\"\\u0000\"}", "{\"folder\":\"/dev/zero\"}", "{\"tags\":[null]}", "{\"order\":[null]}", "{\"set\":[null]}", "{\"template\":\"x\",\"set\":[\"\"]}",
        string.Concat(Enumerable.Repeat("[", 4000)), "{\"title\":" + string.Concat(Enumerable.Repeat("{\"a\":", 100)), .. yamlBombs.Select(yaml => new JsonObject { ["title"] = "x", ["name"] = "x", ["recipe"] = yaml }.ToJsonString()),
    ];

    private readonly DirectoryInfo home = Directory.CreateTempSubdirectory("unmask-battery-");
    private readonly string token = AccessToken.Create();
    private readonly List<string> faults = [];
    private Workbench workbench = null!;
    private HttpClient http = null!;
    private string formToken = "";

    /// <summary>Something that is there, by the beginning of the addresses that take its id.</summary>
    private readonly Dictionary<string, string> real = [];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        workbench = await Workbench.Start(new WebOptions { Workspace = Workspace.Open(home.FullName), Scheduler = new SchedulerOptions { Program = new UnmaskProgram(Executable.Path, []) }, Port = 0, Token = token }, Stop);
        http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(workbench.Address), Timeout = TimeSpan.FromSeconds(30) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        formToken = FormToken().Match(await http.GetStringAsync("/settings", Stop)).Groups[1].Value;
        await http.PatchAsync("/api/queue", new StringContent("{\"paused\":true}", Encoding.UTF8, "application/json"), Stop);
        real["/api/datasets"] = real["/datasets"] = await Make(HttpMethod.Put, "/api/datasets/files/rows.jsonl", "{\"prompt\":\"a\",\"response\":\"b\"}\n");
        var recipe = $"model_size: tiny\ndataset: {Path.Combine(home.FullName, "datasets", "rows", "rows.jsonl")}\n";
        real["/api/templates"] = real["/templates"] = await Make(HttpMethod.Post, "/api/templates", new JsonObject { ["title"] = "T", ["recipe"] = recipe }.ToJsonString());
        real["/api/runs"] = real["/runs"] = await Make(HttpMethod.Post, "/api/runs", new JsonObject { ["recipe"] = recipe }.ToJsonString());
    }

    private async Task<string> Make(HttpMethod method, string path, string body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        using var response = await http.SendAsync(request, Stop);
        var text = await response.Content.ReadAsStringAsync(Stop);
        Assert.True(response.IsSuccessStatusCode, text);
        return (string)JsonNode.Parse(text)!["id"]!;
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await workbench.DisposeAsync();
        home.Delete(recursive: true);
    }

    [Fact]
    public async Task No_address_takes_what_nobody_sends_for_a_fault_of_its_own()
    {
        Assert.NotEmpty(formToken);
        var endpoints = workbench.Endpoints.OfType<RouteEndpoint>().SelectMany(endpoint => (endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"]).Select(method => (Endpoint: endpoint, Method: method))).ToList();
        Assert.InRange(endpoints.Count, 100, 1000);
        // What takes away the things that are there comes last.
        foreach (var (endpoint, method) in endpoints.OrderBy(one => one.Method == "DELETE" || one.Endpoint.RoutePattern.RawText!.Contains("delete", StringComparison.Ordinal)))
        {
            var pattern = "/" + endpoint.RoutePattern.RawText!.TrimStart('/');
            if (method == "CONNECT" || !IsAsked(pattern)) continue;
            foreach (var value in oddValues.Take(pattern.Contains('{', StringComparison.Ordinal) ? int.MaxValue : 1)) await Send(method, Filled(pattern, value) + QueryFor(pattern, value));
            var existing = real.FirstOrDefault(one => pattern.StartsWith(one.Key + "/{", StringComparison.Ordinal));
            if (method == "GET" && existing.Value is { } id)
            {
                var known = Id().Replace(pattern, id, 1);
                foreach (var value in (string[])["1", .. oddValues]) await Send(method, Filled(known, value) + QueryFor(known, value));
            }

            if (method is "GET" or "HEAD") continue;
            if (TakesJson(endpoint) && method != "DELETE" && existing.Value is { } changed) foreach (var body in oddBodies) await Send(method, Filled(Id().Replace(pattern, changed, 1), "1"), Json(body));
            var takesJson = TakesJson(endpoint);
            foreach (var body in takesJson ? oddBodies : oddBodies[..3]) await Send(method, Filled(pattern, "gone"), Json(body));
            if (takesJson) await Send(method, Filled(pattern, "gone"), new("{}"u8.ToArray(), "application/json; charset=utf-7"));
            if (method == "POST" && !pattern.StartsWith("/api", StringComparison.Ordinal)) await SendForms(pattern, existing.Value);
        }

        foreach (var (name, value) in Headers()) await Send("GET", "/api/runs", headers: (name, value));
        await Send("POST", "/api/runs", Json("{\"template\":\"t\"}"), ("Idempotency-Key", new string('k', 5000)));
        await Send("GET", "/" + new string('a', 9000));
        await Send("GET", "/api/runs?x=%00");
        await Send("POST", "/token", Form(("token", Nul)));
        Assert.True(faults.Count == 0, $"{faults.Count} faults:\n{string.Join('\n', faults.Take(60))}");
    }

    private async Task SendForms(string pattern, string? existing)
    {
        foreach (var form in Forms())
        {
            await Send("POST", Filled(pattern, "gone"), form);
            if (existing is not null) await Send("POST", Filled(Id().Replace(pattern, existing, 1), "1"), form);
        }
    }

    private static bool TakesJson(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<IAcceptsMetadata>()?.ContentTypes.Any(type => type.Contains("json", StringComparison.Ordinal)) == true;

    /// <summary>Some work is asked for by a valid request; this one is about invalid ones, and the look at a machine or the self-test of a method takes long.</summary>
    private static bool IsAsked(string pattern) => pattern is not ("/api/methods/{id}/self-test" or "/demo" or "/api/stream" or "/computer" or "/api/chat/devices" or "/settings/diagnostics.zip" or "/tensorboard/start");

    private static string Filled(string pattern, string value) => Parameter().Replace(pattern, value);

    /// <summary>Values in the place of numbers, switches and words behind a path.</summary>
    private static string QueryFor(string pattern, string value) => pattern.StartsWith("/hub", StringComparison.Ordinal) || pattern.StartsWith("/api/hub", StringComparison.Ordinal) ? "?kind=space&words=" + value
        : $"?row={value}&offset={value}&limit={value}&page={value}&model={value}&noise={value}&max_length={value}&most={value}&from={value}&to={value}&keys=%F0%9F%99%82&after={value}&level={value}&runs={value}&saved={value}&now={value}&id={value}&run={value}&against={value}&recipe={value}";

    private sealed record Body(byte[] Bytes, string Type);

    private static Body Json(string body) => new(Encoding.UTF8.GetBytes(body), "application/json; charset=utf-8");

    private static Body Form(params (string Name, string Value)[] fields) =>
        new(Encoding.ASCII.GetBytes(string.Join('&', fields.Select(field => $"{Uri.EscapeDataString(field.Name)}={Uri.EscapeDataString(field.Value)}"))), "application/x-www-form-urlencoded");

    private IEnumerable<Body> Forms()
    {
        var own = ("__RequestVerificationToken", formToken);
        yield return Form(own);
        yield return Form([own, .. ((string[])["name", "folder", "kind", "format", "step", "slots", "template", "value", "set", "runs", "do", "config", "split", "revision"]).Select(field => (field, "../\U0001F642'\"\r\n\u202e" + new string('x', 300)))]);
        yield return Form([own, ("_handler", "training"), .. ((string[])["title", "description", "do", "batch_size", "dataset", "model", "model_config", "sample_prompts", "adaptor_name", "learning_rate"]).Select(field => (field, "\u2028 \U0001F642" + new string('9', 400)))]);
        yield return Form(own, ("_handler", "nothing"));
        yield return Form(own, ("name", Nul));
        yield return Form([own, .. Enumerable.Range(0, 1100).Select(field => ($"f{field}", "1"))]);
        yield return Form(own, (new string('k', 3000), "1"));
        yield return new("name=%ff%fe&step=%zz"u8.ToArray(), "application/x-www-form-urlencoded");
        yield return new("name=a"u8.ToArray(), "application/x-www-form-urlencoded; charset=utf-7");
        foreach (var multipart in (string[])["--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jsonl\"\r\n\r\n{\"prompt\":", "--b\r\nX-Long: " + new string('x', 40_000) + "\r\n\r\n", "no boundary at all", $"--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n{Nul}\r\n--b--\r\n"])
            yield return new(Encoding.UTF8.GetBytes(multipart), "multipart/form-data; boundary=b");
        yield return new("x"u8.ToArray(), "multipart/form-data; boundary=" + new string('b', 200));
    }

    private static IEnumerable<(string, string)> Headers()
    {
        foreach (var name in (string[])["Cookie", "Last-Event-ID", "Accept", "Accept-Language", "Referer", "Idempotency-Key", "Accept-Encoding", "If-None-Match", "Range"])
        {
            foreach (var value in (string[])["\"", ";;;=", new string('x', 20_000), "told=e30=", "bytes=9-1"]) yield return (name, value);
        }

        yield return ("Sec-Fetch-Site", "cross-site");
        yield return ("X-Long", new string('x', 100_000));
        yield return ("Origin", "null");
    }

    private async Task Send(string method, string path, Body? body = null, (string Name, string Value)? headers = null)
    {
        foreach (var accept in (string[])["application/json", "text/html"])
        {
            if (accept == "text/html" && path.StartsWith("/api", StringComparison.Ordinal)) continue;
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            if (body is not null)
            {
                request.Content = new ByteArrayContent(body.Bytes);
                request.Content.Headers.TryAddWithoutValidation("Content-Type", body.Type);
            }

            request.Headers.TryAddWithoutValidation("Accept", accept);
            if (headers is { } header) request.Headers.TryAddWithoutValidation(header.Name, header.Value);
            var what = $"{method} {(path.Length > 120 ? path[..120] + "…" : path)} ({accept}{(body is null ? "" : ", " + End(body))}{(headers is { } shown ? $", {shown.Name}: {(shown.Value.Length > 30 ? shown.Value[..30] : shown.Value)}" : "")})";
            try
            {
                using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
                using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
                await Judge(response, what, patience.Token);
            }
            catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
            {
                faults.Add($"{what}: no answer: {failure.Message}");
            }
        }
    }

    private async Task Judge(HttpResponseMessage response, string what, CancellationToken stop)
    {
        var code = (int)response.StatusCode;
        if (!response.Headers.TryGetValues("Content-Security-Policy", out _) || !response.Headers.TryGetValues("X-Content-Type-Options", out _)) faults.Add($"{what}: {code} without its security headers");
        if (response.RequestMessage!.Method == HttpMethod.Head) return;
        var text = await Text(response, stop);
        if (code < 400)
        {
            if (response.Content.Headers.ContentType?.MediaType != "text/html" && text.Contains("a bug in Unmask", StringComparison.Ordinal)) faults.Add($"{what}: {code} and in it {text[..Math.Min(300, text.Length)]}");
            return;
        }

        if (code >= 500) faults.Add($"{what}: {code} {text[..Math.Min(300, text.Length)]}");
        else if (response.Content.Headers.ContentType?.MediaType == "text/html") { if (!text.Contains("<h1", StringComparison.Ordinal)) faults.Add($"{what}: {code} and a page without a heading"); }
        else if (response.Content.Headers.ContentType?.MediaType != "application/problem+json" || JsonNode.Parse(text) is not JsonObject problem || problem["detail"] is not JsonValue detail || !detail.ToString().Contains(' ', StringComparison.Ordinal)) faults.Add($"{what}: {code} without a sentence: {text[..Math.Min(200, text.Length)]}");
    }

    /// <summary>The body to its end; of a stream of events what it says at once, for some never end.</summary>
    private static async Task<string> Text(HttpResponseMessage response, CancellationToken stop)
    {
        if (response.Content.Headers.ContentType?.MediaType != "text/event-stream") return await response.Content.ReadAsStringAsync(stop);
        using var moment = CancellationTokenSource.CreateLinkedTokenSource(stop);
        moment.CancelAfter(TimeSpan.FromMilliseconds(200));
        var read = new MemoryStream();
        try
        {
            await response.Content.CopyToAsync(read, moment.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // It goes on.
        }

        return Encoding.UTF8.GetString(read.ToArray());
    }

    private static string End(Body body)
    {
        var text = Encoding.UTF8.GetString(body.Bytes);
        return $"{body.Type} {(text.Length > 80 ? text[^80..] : text)}".ReplaceLineEndings(" ");
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex FormToken();

    [GeneratedRegex(@"\{id\}", RegexOptions.IgnoreCase)]
    private static partial Regex Id();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Parameter();
}
