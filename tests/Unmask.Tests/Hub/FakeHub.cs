using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Unmask.Tests.Hub;

/// <summary>
/// A Hub on loopback, with a storage on another port, that is as strict as the real ones: what a client must not do is kept in <see cref="Wrongs"/>.
/// Addresses, headers, redirects and errors are those of spec/real-inputs.md 6.2.
/// </summary>
internal sealed class FakeHub : IAsyncDisposable
{
    private const int PageSize = 3;

    private readonly WebApplication hub;
    private readonly WebApplication storage;
    private readonly ConcurrentDictionary<string, FakeRepository> repositories = new();
    private readonly ConcurrentDictionary<string, byte[]> stored = new();
    private readonly ConcurrentDictionary<string, int> visits = new();

    private FakeHub(WebApplication hub, WebApplication storage) => (this.hub, this.storage) = (hub, storage);

    public string Address => hub.Urls.Single();

    public string StorageAddress => storage.Urls.Single();

    /// <summary>What clients did that real services would not like.</summary>
    public ConcurrentQueue<string> Wrongs { get; } = new();

    /// <summary>Calls to the Hub and its storage: method, path and the Range header.</summary>
    public ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>The token that is known, and may see private repositories.</summary>
    public string Token { get; } = "hf_" + Guid.NewGuid().ToString("N");

    /// <summary>Called before a call is answered; true means that it did the answering.</summary>
    public Func<HttpContext, int, Task<bool>> Interfere { get; set; } = (_, _) => Task.FromResult(false);

    /// <summary>The same for the storage.</summary>
    public Func<HttpContext, int, byte[], Task<bool>> InterfereStorage { get; set; } = (_, _, _) => Task.FromResult(false);

    /// <summary>Bytes a second that the storage gives; null for all at once.</summary>
    public int? StorageSpeed { get; set; }

    public static async Task<FakeHub> Start()
    {
        var (hub, storage) = (Server(), Server());
        var fake = new FakeHub(hub, storage);
        hub.Run(fake.Answer);
        storage.Run(fake.Give);
        await hub.StartAsync();
        await storage.StartAsync();
        return fake;
    }

    public FakeRepository Add(string name, string plural = "models") => repositories[$"{plural}/{name}"] = new FakeRepository(name, plural, this);

    internal void Store(byte[] content) => stored[Convert.ToHexStringLower(SHA256.HashData(content))] = content;

    public async ValueTask DisposeAsync()
    {
        await hub.StopAsync();
        await storage.StopAsync();
        await hub.DisposeAsync();
        await storage.DisposeAsync();
    }

    private static WebApplication Server()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        return builder.Build();
    }

    private async Task Answer(HttpContext call)
    {
        string path = call.Features.Get<IHttpRequestFeature>()!.RawTarget;
        Calls.Enqueue($"{call.Request.Method} {path} {call.Request.Headers.Range}".TrimEnd());
        if (call.Request.Headers.AcceptEncoding != "identity") Wrongs.Enqueue($"{path}: Accept-Encoding is {call.Request.Headers.AcceptEncoding}");
        if (await Interfere(call, visits.AddOrUpdate(path, 1, (_, count) => count + 1))) return;
        string? sent = call.Request.Headers.Authorization;
        if (sent is not null && sent != $"Bearer {Token}")
        {
            await Refuse(call, 401, null, "Invalid credentials in Authorization header");
            return;
        }

        string[] parts = path.Split('?')[0].Trim('/').Split('/');
        bool known = sent is not null;
        switch (parts)
        {
            case ["api", "whoami-v2"]:
                if (known) await Json(call, new JsonObject { ["name"] = "somebody" });
                else await Refuse(call, 401, null, "Invalid username or password.");
                break;
            case ["api", "models" or "datasets"]:
                await Json(call, Search(parts[1], call.Request.Query["search"].ToString()));
                break;
            case ["api", "resolve-cache", var plural, var owner, var name, var commit, .. var rest]:
                await In(plural, owner, name, commit, repository => Content(call, repository, commit, Uri.UnescapeDataString(string.Join('/', rest)), cached: true));
                break;
            case ["api", "models" or "datasets", var owner, var name, "revision", var revision]:
                await In(parts[1], owner, name, revision, repository => Json(call, repository.Info(Uri.UnescapeDataString(revision))));
                break;
            case ["api", "models" or "datasets", var owner, var name, "tree", var revision]:
                await In(parts[1], owner, name, revision, repository => Tree(call, repository, Uri.UnescapeDataString(revision)));
                break;
            case ["api", "datasets", var owner, var name, "parquet", .. var narrow]:
                await In("datasets", owner, name, "main", repository => Parquet(call, repository, narrow));
                break;
            case ["datasets", var owner, var name, "resolve", var revision, .. var file]:
                await In("datasets", owner, name, revision, repository => Content(call, repository, Uri.UnescapeDataString(revision), Uri.UnescapeDataString(string.Join('/', file)), cached: false));
                break;
            case [var owner, var name, "resolve", var revision, .. var file]:
                await In("models", owner, name, revision, repository => Content(call, repository, Uri.UnescapeDataString(revision), Uri.UnescapeDataString(string.Join('/', file)), cached: false));
                break;
            default:
                Wrongs.Enqueue($"{call.Request.Method} {path} is no address of the Hub");
                await Refuse(call, 404, null, "Not found");
                break;
        }

        async Task In(string plural, string owner, string name, string revision, Func<FakeRepository, Task> answer)
        {
            if (!repositories.TryGetValue($"{plural}/{owner}/{name}", out var repository) || (repository.Private && !known))
            {
                // Strangers cannot tell missing from private.
                await Refuse(call, known ? 404 : 401, "RepoNotFound", known ? "Repository not found" : "Invalid username or password.");
            }
            else if (repository.Gated && !parts.Contains("revision"))
            {
                await Refuse(call, known ? 403 : 401, "GatedRepo", $"Access to {plural} {owner}/{name} is restricted.");
            }
            else if (repository.CommitOf(Uri.UnescapeDataString(revision)) is null)
            {
                await Refuse(call, 404, "RevisionNotFound", $"Invalid rev id: {revision}");
            }
            else
            {
                await answer(repository);
            }
        }
    }

    private async Task Tree(HttpContext call, FakeRepository repository, string revision)
    {
        if (call.Request.Query["recursive"] != "true") Wrongs.Enqueue("tree is not asked for recursively");
        var all = repository.Tree(revision);
        int from = int.TryParse(call.Request.Query["cursor"], CultureInfo.InvariantCulture, out int cursor) ? cursor : 0;
        if (from + PageSize < all.Count)
        {
            string path = call.Request.Path + $"?recursive=true&expand=false&cursor={from + PageSize}";
            call.Response.Headers.Link = $"<{Address}{path}>; rel=\"next\"";
        }

        await Json(call, new JsonArray([.. all.Skip(from).Take(PageSize)]));
    }

    private async Task Parquet(HttpContext call, FakeRepository repository, string[] narrow)
    {
        if (narrow is [var config, var split, var number])
        {
            call.Response.StatusCode = 302;
            call.Response.Headers.Location = $"{Address}/datasets/{repository.Name}/resolve/refs%2Fconvert%2Fparquet/{config}/{split}/{int.Parse(Path.GetFileNameWithoutExtension(number), CultureInfo.InvariantCulture):0000}.parquet";
            return;
        }

        await Json(call, repository.ParquetExport(Address));
    }

    private async Task Content(HttpContext call, FakeRepository repository, string revision, string path, bool cached)
    {
        string commit = repository.CommitOf(revision)!;
        call.Response.Headers["X-Repo-Commit"] = commit;
        if (!repository.Files[commit].TryGetValue(path, out var file))
        {
            await Refuse(call, 404, "EntryNotFound", "Entry not found");
        }
        else if (file.IsLarge)
        {
            string sha256 = Convert.ToHexStringLower(SHA256.HashData(file.Content));
            call.Response.StatusCode = 302;
            call.Response.Headers["X-Linked-Etag"] = $"\"{file.Etag ?? sha256}\"";
            call.Response.Headers["X-Linked-Size"] = file.Content.Length.ToString(CultureInfo.InvariantCulture);
            call.Response.Headers.ETag = "\"of-the-redirect\"";
            call.Response.Headers.Location = $"{StorageAddress}/{sha256}?signature={Guid.NewGuid():N}";
        }
        else if (!cached)
        {
            call.Response.StatusCode = 307;
            call.Response.Headers.ETag = "\"of-the-redirect\"";
            call.Response.Headers.Location = $"/api/resolve-cache/{repository.Plural}/{repository.Name}/{commit}/{Uri.EscapeDataString(path).Replace("%2F", "/", StringComparison.Ordinal)}";
        }
        else
        {
            call.Response.Headers.ETag = $"W/\"{file.Etag ?? FakeRepository.GitHash(file.Content)}\"";
            await Bytes(call, file.Content, null);
        }
    }

    private async Task Give(HttpContext call)
    {
        string name = call.Request.Path.Value!.Trim('/');
        Calls.Enqueue($"storage {call.Request.Method} {name} {call.Request.Headers.Range}".TrimEnd());
        if (call.Request.Headers.Authorization.Count > 0) Wrongs.Enqueue("the token was sent to the storage");
        if (call.Request.Query["signature"].Count == 0) Wrongs.Enqueue("the signature is gone");
        if (await InterfereStorage(call, visits.AddOrUpdate(name, 1, (_, count) => count + 1), stored[name])) return;
        await Bytes(call, stored[name], StorageSpeed);
    }

    internal static async Task Bytes(HttpContext call, byte[] content, int? speed)
    {
        int from = 0;
        if (call.Request.Headers.Range.ToString() is { Length: > 0 } range)
        {
            from = int.Parse(range["bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture);
            if (from >= content.Length)
            {
                call.Response.StatusCode = 416;
                return;
            }

            call.Response.StatusCode = 206;
            call.Response.Headers.ContentRange = $"bytes {from}-{content.Length - 1}/{content.Length}";
        }

        call.Response.ContentLength = content.Length - from;
        if (call.Request.Method == "HEAD") return;
        int step = speed is { } each ? Math.Max(1, each / 20) : content.Length;
        for (int at = from; at < content.Length; at += step)
        {
            await call.Response.Body.WriteAsync(content.AsMemory(at, Math.Min(step, content.Length - at)));
            if (speed is not null) await Task.Delay(50);
        }
    }

    private JsonArray Search(string plural, string words) => new([.. repositories.Values.Where(repository => repository.Plural == plural && !repository.Private && repository.Name.Contains(words, StringComparison.OrdinalIgnoreCase))
        .Select(repository => new JsonObject { ["id"] = repository.Name, ["downloads"] = 7, ["likes"] = 1, ["gated"] = repository.Gated ? "auto" : false, ["private"] = false, ["pipeline_tag"] = "fill-mask" })]);

    private static async Task Json(HttpContext call, JsonNode content)
    {
        byte[] body = Encoding.UTF8.GetBytes(content.ToJsonString());
        call.Response.ContentType = "application/json";
        call.Response.ContentLength = body.Length;
        if (call.Request.Method != "HEAD") await call.Response.Body.WriteAsync(body);
    }

    internal static async Task Refuse(HttpContext call, int status, string? code, string message)
    {
        call.Response.StatusCode = status;
        if (code is not null) call.Response.Headers["X-Error-Code"] = code;
        call.Response.Headers["X-Error-Message"] = message;
        await Json(call, new JsonObject { ["error"] = message });
    }
}
