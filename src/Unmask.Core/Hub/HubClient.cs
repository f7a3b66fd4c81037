using System.Text.Json.Nodes;
using Unmask.Core.Hub.Caching;
using Unmask.Core.Hub.Http;

namespace Unmask.Core.Hub;

/// <summary>Questions to the Hub. Failures are <see cref="UserError"/>s whose fault <see cref="HubErrors.FaultOf"/> tells.</summary>
public sealed class HubClient : IDisposable
{
    /// <summary>More than any repository may hold.</summary>
    private const int MostFiles = 500_000;

    private readonly HubHttp http;

    /// <param name="settings">Whose Hub, and who asks.</param>
    /// <param name="tell">Told a sentence when something takes long, such as a limit of calls.</param>
    public HubClient(HubSettings settings, Action<string>? tell = null) : this(new HubHttp(settings, tell: tell))
    {
    }

    internal HubClient(HubHttp http) => this.http = http;

    /// <summary>Whose Hub, and who asks.</summary>
    public HubSettings Settings => http.Settings;

    internal HubHttp Http => http;

    public void Dispose() => http.Dispose();

    /// <summary>Facts about a model or dataset, and the commit that its revision means now.</summary>
    public Task<HubInfo> Info(HubId id, CancellationToken stop = default) => Info(id, once: false, stop);

    /// <param name="once">Do not try again when it fails.</param>
    internal async Task<HubInfo> Info(HubId id, bool once, CancellationToken stop)
    {
        var (answer, _) = await http.Json(http.At($"api/{id.Plural}/{id.Name}/revision/{Uri.EscapeDataString(id.Revision)}?blobs=true"), new HubSubject(id), stop, once);
        if (Text(answer, "sha") is not { } sha || !HubId.IsCommit(sha)) throw HubErrors.NotTheHub(Settings, "without a commit");
        var files = answer["siblings"] as JsonArray ?? [];
        return new HubInfo(id, sha, [.. files.Select(file => (SafePath(id, Text(file, "rfilename")), Number(file?["size"])))])
        {
            Private = IsTrue(answer["private"]),
            Gated = IsGated(answer["gated"]),
            Downloads = Number(answer["downloads"]),
            Likes = Number(answer["likes"]),
            Changed = Date(answer["lastModified"]),
            License = (answer["cardData"] as JsonObject)?["license"]?.ToString(),
            Task = Text(answer, "pipeline_tag"),
            Tags = [.. (answer["tags"] as JsonArray ?? []).Select(tag => tag?.ToString() ?? "")],
        };
    }

    /// <summary>All files of a commit, page by page.</summary>
    public async Task<IReadOnlyList<HubFile>> Files(HubId id, string commit, CancellationToken stop = default)
    {
        List<HubFile> files = [];
        HashSet<Uri> seen = [];
        Uri? page = http.At($"api/{id.Plural}/{id.Name}/tree/{Uri.EscapeDataString(commit)}?recursive=true&expand=false");
        while (page is not null && seen.Add(page))
        {
            var (answer, next) = await http.Json(page, new HubSubject(id), stop);
            foreach (var entry in answer as JsonArray ?? throw HubErrors.NotTheHub(Settings, "with no list of files"))
            {
                if (Text(entry, "type") != "file") continue;
                var large = entry!["lfs"] as JsonObject;
                if (Number(large?["size"] ?? entry["size"]) is not { } size || Text(entry, "oid") is not { } oid) throw HubErrors.NotTheHub(Settings, "with a file without size or hash");
                files.Add(new HubFile(SafePath(id, Text(entry, "path")), size, oid, large is null ? null : Text(large, "oid")?.Split(':')[^1]));
            }

            if (files.Count > MostFiles) throw HubErrors.NotTheHub(Settings, $"with more than {MostFiles:N0} files of {id.Name}");
            page = next;
        }

        return files;
    }

    /// <summary>Models or datasets that match some words, the most downloaded first.</summary>
    public async Task<IReadOnlyList<HubFound>> Search(HubKind kind, string words, int most, CancellationToken stop = default)
    {
        string plural = kind == HubKind.Model ? "models" : "datasets";
        string query = string.Create(CultureInfo.InvariantCulture, $"search={Uri.EscapeDataString(words)}&sort=downloads&direction=-1&limit={most}");
        var (answer, _) = await http.Json(http.At($"api/{plural}?{query}"), new HubSubject(), stop);
        var entries = answer as JsonArray ?? throw HubErrors.NotTheHub(Settings, "with no list");
        return
        [
            .. from entry in entries
               let name = Text(entry, "id") ?? Text(entry, "modelId")
               where name is not null
               select new HubFound(new HubId(kind, name), Number(entry["downloads"]), Number(entry["likes"]), Date(entry["lastModified"]), Text(entry, "pipeline_tag"), IsGated(entry["gated"]), IsTrue(entry["private"])),
        ];
    }

    /// <summary>Name of the account that the token belongs to.</summary>
    public async Task<string> WhoAmI(CancellationToken stop = default)
    {
        var (answer, _) = await http.Json(http.At("api/whoami-v2"), new HubSubject(), stop);
        return Text(answer, "name") ?? throw HubErrors.NotTheHub(Settings, "without a name");
    }

    /// <summary>Addresses of a dataset's Parquet export: by configuration, then by split.</summary>
    internal async Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, IReadOnlyList<Uri>>>> ParquetExport(HubId id, CancellationToken stop = default)
    {
        var (answer, _) = await http.Json(http.At($"api/datasets/{id.Name}/parquet"), new HubSubject(id), stop);
        if (answer is not JsonObject configs) throw HubErrors.NotTheHub(Settings, "with no list of configurations");
        return configs.ToDictionary(
            config => config.Key,
            IReadOnlyDictionary<string, IReadOnlyList<Uri>> (config) => (config.Value as JsonObject ?? []).ToDictionary(
                split => split.Key,
                IReadOnlyList<Uri> (split) => [.. (split.Value as JsonArray ?? []).Select(address => http.AddressIn(address?.ToString()))]));
    }

    /// <summary>Where the bytes of a file are asked for.</summary>
    internal Uri AddressOf(HubId id, string commit, string path) =>
        http.At($"{id.Page}/resolve/{Uri.EscapeDataString(commit)}/{string.Join('/', path.Split('/').Select(Uri.EscapeDataString))}");

    /// <summary>What the Hub says of a file, without its bytes. Only redirects inside the Hub are followed: the answer before one to a storage tells hash and size.</summary>
    internal async Task<HubFileFacts> Facts(Uri address, HubSubject about, CancellationToken stop) => await http.Retries().Run(
        async () =>
        {
            using var answer = await http.Send(HttpMethod.Head, address, about, from: 0, relativeOnly: true, stop);
            string? Header(string name) => answer.Headers.NonValidated.TryGetValues(name, out var values) ? values.ToString() : null;
            string? etag = BlobName.Of(Header("X-Linked-Etag") ?? Header("ETag"));
            long? size = long.TryParse(Header("X-Linked-Size"), NumberStyles.None, CultureInfo.InvariantCulture, out long linked) ? linked : answer.Content.Headers.ContentLength;
            if (etag is null) throw HubErrors.NotTheHub(Settings, $"for {about.File} without an ETag");
            return new HubFileFacts(etag, size ?? throw HubErrors.NotTheHub(Settings, $"for {about.File} without a size"), Header("X-Repo-Commit"));
        },
        stop);

    /// <exception cref="UserError">The path would not stay below the folder it is put into.</exception>
    internal void CheckPath(HubId id, string path) => SafePath(id, path);

    /// <summary>A path that stays below the folder it is put into.</summary>
    private string SafePath(HubId id, string? path)
    {
        bool safe = path is { Length: > 0 } && !path.Contains('\\', StringComparison.Ordinal) && !path.Contains('\0', StringComparison.Ordinal) && path.Split('/').All(part => part is not ("" or "." or ".."));
        return safe ? path! : throw HubErrors.Of(HubFault.Unexpected, $"{id} on {Settings.Address} has a file named \"{path}\", which would not stay in its folder; nothing of it is downloaded.");
    }

    private static string? Text(JsonNode? node, string name) => (node as JsonObject)?[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static long? Number(JsonNode? node) => node is JsonValue value && value.TryGetValue(out long number) ? number : null;

    private static bool IsTrue(JsonNode? node) => node is JsonValue value && value.TryGetValue(out bool flag) && flag;

    /// <summary>false, "auto" or "manual".</summary>
    private static bool IsGated(JsonNode? node) => node is JsonValue value && (value.TryGetValue(out bool flag) ? flag : value.TryGetValue(out string? how) && how is "auto" or "manual");

    private static DateTimeOffset? Date(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue(out string? text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) ? date : null;
}
