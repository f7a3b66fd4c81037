using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Unmask.Tests.Hub;

/// <summary>A file of a <see cref="FakeRepository"/>.</summary>
/// <param name="Content">Its bytes.</param>
/// <param name="IsLarge">Does it lie in the storage?</param>
/// <param name="Etag">An ETag that is a lie; null for the right one.</param>
internal sealed record FakeFile(byte[] Content, bool IsLarge, string? Etag);

/// <summary>A model or dataset on a <see cref="FakeHub"/>. Its first commit is named by <c>main</c>.</summary>
internal sealed class FakeRepository(string name, string plural, FakeHub hub)
{
    private readonly ConcurrentDictionary<string, string> refs = new() { ["main"] = Commit("main", name) };

    public string Name => name;

    public string Plural => plural;

    public bool Private { get; set; }

    public bool Gated { get; set; }

    /// <summary>Files by commit.</summary>
    public ConcurrentDictionary<string, ConcurrentDictionary<string, FakeFile>> Files { get; } = new();

    public string Main => refs["main"];

    public string? CommitOf(string revision) => refs.TryGetValue(revision, out string? commit) ? commit : refs.Values.Contains(revision) ? revision : null;

    public FakeRepository With(string path, string text, string revision = "main") => With(path, Encoding.UTF8.GetBytes(text), revision, isLarge: false);

    public FakeRepository With(string path, byte[] content, string revision = "main", bool isLarge = true, string? etag = null)
    {
        Files.GetOrAdd(refs.GetOrAdd(revision, new_ => Commit(new_, name)), _ => new())[path] = new FakeFile(content, isLarge, etag);
        if (isLarge) hub.Store(content);
        return this;
    }

    /// <summary>Lets a revision mean another commit, with no files yet.</summary>
    public void Move(string revision)
    {
        refs[revision] = Commit(Guid.NewGuid().ToString(), name);
        Files[refs[revision]] = new();
    }

    public JsonObject Info(string revision) => new()
    {
        ["id"] = name,
        ["sha"] = CommitOf(revision),
        ["private"] = Private,
        ["gated"] = Gated ? "manual" : false,
        ["downloads"] = 12,
        ["likes"] = 3,
        ["tags"] = new JsonArray("text"),
        ["lastModified"] = "2026-01-02T03:04:05.000Z",
        ["siblings"] = new JsonArray([.. Files[CommitOf(revision)!].OrderBy(file => file.Key, StringComparer.Ordinal).Select(file => new JsonObject { ["rfilename"] = file.Key, ["size"] = file.Value.Content.Length })]),
    };

    public List<JsonNode> Tree(string revision)
    {
        var files = Files[CommitOf(revision)!];
        var folders = files.Keys.Where(path => path.Contains('/')).Select(path => path[..path.LastIndexOf('/')]).Distinct();
        return
        [
            .. folders.Select(folder => new JsonObject { ["type"] = "directory", ["path"] = folder, ["size"] = 0, ["oid"] = Commit(folder, name) }),
            .. files.OrderBy(file => file.Key, StringComparer.Ordinal).Select(file => Entry(file.Key, file.Value)),
        ];
    }

    /// <summary>Files of refs/convert/parquet at CONFIG/SPLIT/NUMBER.parquet, as addresses.</summary>
    public JsonObject ParquetExport(string address)
    {
        var export = new JsonObject();
        if (CommitOf("refs/convert/parquet") is not { } commit) return export;
        foreach (string path in Files[commit].Keys.Order(StringComparer.Ordinal))
        {
            string[] parts = path.Split('/');
            var config = export[parts[0]] as JsonObject ?? (JsonObject)(export[parts[0]] = new JsonObject());
            var split = config[parts[1]] as JsonArray ?? (JsonArray)(config[parts[1]] = new JsonArray());
            split.Add($"{address}/api/datasets/{name}/parquet/{parts[0]}/{parts[1]}/{int.Parse(Path.GetFileNameWithoutExtension(parts[2]), CultureInfo.InvariantCulture)}.parquet");
        }

        return export;
    }

    public static string GitHash(byte[] content) => Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {content.Length}\0"), .. content]));

    private static JsonObject Entry(string path, FakeFile file)
    {
        var entry = new JsonObject { ["type"] = "file", ["path"] = path, ["size"] = file.Content.Length, ["oid"] = GitHash(file.IsLarge ? Encoding.UTF8.GetBytes("pointer of " + path) : file.Content) };
        if (file.IsLarge) entry["lfs"] = new JsonObject { ["oid"] = Convert.ToHexStringLower(SHA256.HashData(file.Content)), ["size"] = file.Content.Length, ["pointerSize"] = 134 };
        return entry;
    }

    private static string Commit(string text, string of) => Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes($"{of} {text}")));
}
