using System.Net;
using System.Text.Json.Nodes;
using Unmask.Core.Hub.Http;
using Unmask.Core.Storage;

namespace Unmask.Core.Hub.Uploads;

/// <summary>A file that a push sends, or need not send.</summary>
/// <param name="Path">Its path in the repository.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Large">Whether it goes through the large file storage.</param>
public sealed record PushedFile(string Path, long Bytes, bool Large);

/// <summary>What a push would do, or did.</summary>
/// <param name="Id">Where to.</param>
/// <param name="Files">The files of the commit.</param>
/// <param name="MissingBytes">Bytes that the storage does not have yet; 0 after the push.</param>
/// <param name="CreatesRepository">The repository is new.</param>
/// <param name="Private">Whether only its owner sees a new one.</param>
public sealed record HubPushPlan(HubId Id, IReadOnlyList<PushedFile> Files, long MissingBytes, bool CreatesRepository, bool Private)
{
    /// <summary>The commit; null for a dry run.</summary>
    public string? Commit { get; init; }

    /// <summary>Its page; null for a dry run.</summary>
    public string? Page { get; init; }
}

/// <summary>How a folder is pushed.</summary>
public sealed record HubPushOptions
{
    /// <summary>Whether a new repository can be seen by its owner only. One that exists stays as it is.</summary>
    public bool Private { get; init; } = true;

    /// <summary>Tell what would be sent, and change nothing.</summary>
    public bool DryRun { get; init; }

    /// <summary>First line of the commit.</summary>
    public string Message { get; init; } = "Upload from Unmask";

    /// <summary>The folder of weights that were linked and not copied (see <see cref="FolderBounds"/>); null for none.</summary>
    public string? Linked { get; init; }

    /// <summary>Make a pull request and not a commit.</summary>
    public bool PullRequest { get; init; }
}

/// <summary>
/// Sends the folder of a model or adapter to the Hub as one commit. Large files go to the storage first, each with its SHA-256; those that are there already, of an
/// earlier try that was cut off too, are not sent again.
/// </summary>
/// <param name="hub">The Hub.</param>
public sealed class HubPush(HubClient hub)
{
    private const int SampleBytes = 512;
    private const int BatchOfObjects = 100;

    /// <summary>Small files must fit into the commit itself.</summary>
    private const long LargestRegular = 10L << 20;

    private const long LargestInCommit = 256L << 20;

    /// <summary>Endings that are sent; nothing that can execute is.</summary>
    private static readonly string[] Endings = [".safetensors", ".json", ".txt", ".jinja", ".md", ".model", ".yaml"];

    private static readonly string[] Names = ["LICENSE", "LICENCE", "NOTICE"];

    private readonly HubHttp http = hub.Http;

    /// <summary>Pushes a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="id">Where to.</param>
    /// <param name="options">How.</param>
    /// <param name="tell">Told how far it is; null for nobody.</param>
    /// <param name="stop">Ends it; what the storage has is not sent again by the next try.</param>
    /// <exception cref="UserError">There is nothing to push, the token may not write there, or the Hub cannot be reached.</exception>
    public async Task<HubPushPlan> Push(string folder, HubId id, HubPushOptions options, Action<HubProgress>? tell = null, CancellationToken stop = default)
    {
        if (!hub.Settings.HasToken) throw HubErrors.Of(HubFault.Forbidden, $"No token is set, and {hub.Settings.Endpoint.Host} takes nothing from strangers; set HF_TOKEN to one that may write ({hub.Settings.Endpoint.AbsoluteUri}settings/tokens).");
        var files = FilesOf(folder, options.Linked);
        bool isNew = !await Exists(id, stop);
        if (isNew && !options.DryRun) await Create(id, options.Private, stop);
        var about = new HubSubject(id);
        var sorted = isNew && options.DryRun ? files.ToDictionary(file => file, IsLargeByItself) : await Sorted(id, files, stop);
        LocalFile[] large = [.. files.Where(file => sorted[file])];
        foreach (var file in large) file.Sha256 = DigestOf(file);
        var uploads = isNew && options.DryRun ? large.ToDictionary(file => file, _ => (JsonObject?)new JsonObject()) : await Batch(id, large, stop);
        long missing = uploads.Where(upload => upload.Value is not null).Sum(upload => upload.Key.Bytes);
        var plan = new HubPushPlan(id, [.. files.Select(file => new PushedFile(file.Path, file.Bytes, sorted[file]))], missing, isNew, isNew && options.Private);
        if (options.DryRun) return plan;

        var meter = new HubMeter(missing, files.Count, tell ?? (static _ => { }));
        foreach (var (file, actions) in uploads)
        {
            if (actions is not null) await new LargeUpload(http, file.Open, file.Bytes, file.Sha256!, meter).Run(actions, stop);
            meter.Finish();
        }

        var commit = await http.Post(http.At($"api/{id.Plural}/{id.Name}/commit/{Uri.EscapeDataString(id.Revision)}{(options.PullRequest ? "?create_pr=1" : "")}"), CommitLines(files, sorted, options), about, stop);
        foreach (var _ in files.Where(file => !sorted[file])) meter.Finish();
        return plan with { MissingBytes = 0, Commit = Text(commit, "commitOid"), Page = Text(commit, "pullRequestUrl") ?? Text(commit, "commitUrl") ?? $"{hub.Settings.Endpoint.AbsoluteUri}{id.Page}" };
    }

    private sealed class LocalFile(string path, long bytes, FolderBounds bounds)
    {
        /// <summary>Opens it anew. It must still lie in the folder, and be as long as it was.</summary>
        public FileStream Open()
        {
            var file = bounds.Open(Path);
            if (file.Length == Bytes) return file;
            file.Dispose();
            throw new UserError($"{Path} was written to while it was pushed. Let what writes there end, and push again; what the storage has is not sent again.");
        }

        public string Path { get; } = path;

        public long Bytes { get; } = bytes;

        public string? Sha256 { get; set; }
    }

    private static List<LocalFile> FilesOf(string folder, string? linked)
    {
        string root = Path.GetFullPath(folder);
        if (!Directory.Exists(root)) throw new UserError($"The folder {folder} does not exist; name one with a model or an adapter in it.");
        var bounds = new FolderBounds(root, linked);
        string[] names = [.. bounds.Files().Where(IsSent)];
        UserError.ThrowIfAny([.. names.Select(bounds.Problem).OfType<string>()]);
        List<LocalFile> files = [.. names.Select(name => Local(bounds, name))];
        if (!files.Any(file => file.Path is "config.json" or "adapter_config.json")) throw new UserError($"{folder} holds no model: it has neither config.json nor adapter_config.json. Name the folder that has one of them, such as RUN/outputs.");
        return files;
    }

    private static LocalFile Local(FolderBounds bounds, string name)
    {
        using var file = bounds.Open(name);
        return new(name, file.Length, bounds);
    }

    private static bool IsSent(string path) =>
        !path.Split('/').Any(part => part.StartsWith('.')) && (Endings.Contains(Path.GetExtension(path).ToLowerInvariant()) || Names.Contains(Path.GetFileName(path), StringComparer.OrdinalIgnoreCase));

    private static bool IsLargeByItself(LocalFile file) => file.Bytes > LargestRegular || file.Path.EndsWith(".safetensors", StringComparison.Ordinal);

    private static string DigestOf(LocalFile local)
    {
        using var file = local.Open();
        return FileDigest.Of(file).Sha256;
    }

    private async Task<bool> Exists(HubId id, CancellationToken stop)
    {
        try
        {
            await hub.Info(id with { Revision = HubId.Main }, stop);
            return true;
        }
        catch (UserError error) when (HubErrors.FaultOf(error) == HubFault.Missing)
        {
            return false;
        }
    }

    /// <summary>Makes the repository; one that came into being meanwhile is as good.</summary>
    private async Task Create(HubId id, bool isPrivate, CancellationToken stop)
    {
        var order = new JsonObject { ["name"] = id.Name.Split('/')[^1], ["private"] = isPrivate, ["type"] = id.Kind == HubKind.Model ? "model" : "dataset" };
        if (id.Name.Contains('/', StringComparison.Ordinal)) order["organization"] = id.Name.Split('/')[0];
        await http.Post(http.At("api/repos/create"), order, new HubSubject(id), stop, isFine: status => status == HttpStatusCode.Conflict);
    }

    /// <summary>Asks which files are large; those that the repository ignores are left as small ones.</summary>
    private async Task<Dictionary<LocalFile, bool>> Sorted(HubId id, List<LocalFile> files, CancellationToken stop)
    {
        Dictionary<LocalFile, bool> sorted = [];
        foreach (var part in files.Chunk(BatchOfObjects))
        {
            var order = new JsonObject
            {
                ["files"] = new JsonArray([.. part.Select(file => (JsonNode)new JsonObject { ["path"] = file.Path, ["size"] = file.Bytes, ["sample"] = Convert.ToBase64String(Beginning(file)) })]),
            };
            var answer = await http.Post(http.At($"api/{id.Plural}/{id.Name}/preupload/{Uri.EscapeDataString(id.Revision)}"), order, new HubSubject(id), stop);
            var modes = ((answer as JsonObject)?["files"] as JsonArray ?? throw HubErrors.NotTheHub(hub.Settings, "with no upload modes")).GroupBy(file => Text(file, "path") ?? "").ToDictionary(same => same.Key, same => Text(same.Last(), "uploadMode"));
            foreach (var file in part) sorted[file] = modes.GetValueOrDefault(file.Path) == "lfs";
        }

        return sorted;
    }

    /// <summary>Asks the storage where to put large files; null for those that it has.</summary>
    private async Task<Dictionary<LocalFile, JsonObject?>> Batch(HubId id, LocalFile[] files, CancellationToken stop)
    {
        Dictionary<LocalFile, JsonObject?> uploads = [];
        foreach (var part in files.Chunk(BatchOfObjects))
        {
            var order = new JsonObject
            {
                ["operation"] = "upload",
                ["transfers"] = new JsonArray("basic", "multipart"),
                ["hash_algo"] = "sha256",
                ["ref"] = new JsonObject { ["name"] = id.Revision },
                ["objects"] = new JsonArray([.. part.Select(file => (JsonNode)new JsonObject { ["oid"] = file.Sha256, ["size"] = file.Bytes })]),
            };
            var answer = await http.Post(http.At($"{id.Page}.git/info/lfs/objects/batch"), order, new HubSubject(id), stop, mediaType: "application/vnd.git-lfs+json");
            var objects = ((answer as JsonObject)?["objects"] as JsonArray ?? throw HubErrors.NotTheHub(hub.Settings, "with no objects")).GroupBy(one => Text(one, "oid") ?? "").ToDictionary(same => same.Key, same => same.Last() as JsonObject);
            foreach (var file in part)
            {
                if (!objects.TryGetValue(file.Sha256!, out var one)) throw HubErrors.NotTheHub(hub.Settings, $"without a word on {file.Path}");
                if (one?["error"] is JsonObject error) throw HubErrors.Of(HubFault.Unexpected, $"The storage of {hub.Settings.Endpoint.Host} does not take {file.Path}: {Text(error, "message")}.");
                uploads[file] = one?["actions"] as JsonObject;
            }
        }

        return uploads;
    }

    private static IEnumerable<JsonObject> CommitLines(List<LocalFile> files, Dictionary<LocalFile, bool> large, HubPushOptions options)
    {
        yield return Line("header", new JsonObject { ["summary"] = options.Message, ["description"] = "" });
        foreach (var file in files)
        {
            yield return large[file]
                ? Line("lfsFile", new JsonObject { ["path"] = file.Path, ["algo"] = "sha256", ["oid"] = file.Sha256, ["size"] = file.Bytes })
                : Line("file", new JsonObject { ["path"] = file.Path, ["encoding"] = "base64", ["content"] = Convert.ToBase64String(Whole(file)) });
        }
    }

    private static JsonObject Line(string key, JsonObject value) => new() { ["key"] = key, ["value"] = value };

    private static byte[] Beginning(LocalFile local)
    {
        using var file = local.Open();
        var sample = new byte[Math.Min(SampleBytes, file.Length)];
        return sample[..file.ReadAtLeast(sample, sample.Length, throwOnEndOfStream: false)];
    }

    private static byte[] Whole(LocalFile local)
    {
        if (local.Bytes > LargestInCommit) throw new UserError($"{local.Path} has {local.Bytes:N0} bytes, and the repository takes it into the commit itself, where at most {LargestInCommit:N0} fit. Let its .gitattributes name such files as large ones.");
        using var file = local.Open();
        var content = new byte[local.Bytes];
        file.ReadExactly(content);
        return content;
    }

    private static string? Text(JsonNode? node, string name) => (node as JsonObject)?[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
