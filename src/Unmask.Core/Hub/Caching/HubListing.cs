using System.Text.Json.Nodes;

namespace Unmask.Core.Hub.Caching;

/// <summary>
/// The list of files of a commit, kept in the cache, so that a commit that is here needs no call. Written in a folder of our own, in the form of
/// huggingface_hub's <c>trees/COMMIT.json</c>, which is read too; writing there would tell huggingface_hub that a snapshot without the files that we never download is
/// incomplete.
/// </summary>
internal static class HubListing
{
    private const string OwnFolder = "unmask";
    private const string TheirFolder = "trees";
    private const int Version = 1;

    /// <summary>The list of a commit; null where there is none that can be read.</summary>
    public static IReadOnlyList<HubFile>? Read(string repository, string commit) => ReadFrom(repository, OwnFolder, commit) ?? ReadFrom(repository, TheirFolder, commit);

    /// <summary>Keeps the list of a commit.</summary>
    public static void Write(string repository, string commit, IReadOnlyList<HubFile> files)
    {
        string path = PathOf(repository, OwnFolder, commit);
        if (File.Exists(path)) return;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var entries = new JsonObject();
        foreach (var file in files)
        {
            var entry = new JsonObject { ["size"] = file.Bytes, ["blob_id"] = file.Oid };
            if (file.Sha256 is { } sha256) (entry["lfs_sha256"], entry["lfs_size"]) = (sha256, file.Bytes);
            entries[file.Path] = entry;
        }

        string aside = $"{path}.{Guid.NewGuid().ToString("N")[..8]}.tmp";
        File.WriteAllText(aside, new JsonObject { ["format_version"] = Version, ["files"] = entries }.ToJsonString());
        File.Move(aside, path, overwrite: true);
    }

    private static IReadOnlyList<HubFile>? ReadFrom(string repository, string folder, string commit)
    {
        string path = PathOf(repository, folder, commit);
        if (!File.Exists(path)) return null;
        try
        {
            var root = JsonInput.ReadObject(path);
            if ((int?)root["format_version"] != Version || root["files"] is not JsonObject files) return null;
            return [.. files.Select(file => new HubFile(file.Key, (long?)file.Value!["lfs_size"] ?? (long)file.Value["size"]!, (string)file.Value["blob_id"]!, (string?)file.Value["lfs_sha256"]))];
        }
        catch (Exception damaged) when (damaged is not OutOfMemoryException)
        {
            return null;
        }
    }

    private static string PathOf(string repository, string folder, string commit) => Path.Combine(repository, folder, $"{commit}.json");
}
