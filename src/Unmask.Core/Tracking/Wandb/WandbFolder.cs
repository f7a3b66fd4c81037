using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Unmask.Core.Storage;

namespace Unmask.Core.Tracking.Wandb;

/// <summary>The folder of an offline run as the official client writes it; <c>wandb sync FOLDER</c> uploads it.</summary>
internal sealed class WandbFolder : IDisposable
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyz0123456789";
    private const int IdLength = 8;

    private static readonly string Version = typeof(WandbFolder).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    private readonly WandbProto proto;
    private readonly WandbLog log;
    private readonly string logPath;

    /// <summary>Starts the log of the folder anew; the one that is there is replaced by <see cref="Settle"/>.</summary>
    /// <exception cref="UserError">The disk refuses.</exception>
    public WandbFolder(string path, WandbRun run)
    {
        Path = path;
        logPath = System.IO.Path.Combine(path, $"run-{run.Id}.wandb");
        proto = new WandbProto(run.Id);
        try
        {
            Directory.CreateDirectory(FilesPath);
            Directory.CreateDirectory(System.IO.Path.Combine(path, "logs"));
            Describe(run);
            Point(path);
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            throw StorageFailure.Explain(failure, path);
        }

        log = new WandbLog(logPath + ".partial");
        log.Append(proto.Header(Version));
        log.Append(proto.Run(run with { Config = new Dictionary<string, string>(run.Config) { ["_wandb"] = "{}" } }));
        log.Append(proto.Of(new WandbFile("wandb-metadata.json")));
        log.Append(proto.Of(new WandbFile("requirements.txt")));
        log.Append(proto.Telemetry(Version));
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Where files of the run lie.</summary>
    public string FilesPath => System.IO.Path.Combine(Path, "files");

    /// <summary>Measures of the machine so far, one JSON object a line; they are in no event, and a resumed run tells them again from here.</summary>
    public string StatsPath => System.IO.Path.Combine(Path, "logs", "system.jsonl");

    /// <summary>An id that no other run has.</summary>
    public static string NewId() => RandomNumberGenerator.GetString(Letters, IdLength);

    /// <summary>Where a run's folder belongs.</summary>
    /// <param name="parent">Folder that holds the folder <c>wandb</c>.</param>
    /// <param name="id">The run's id.</param>
    /// <param name="started">When it began.</param>
    public static string PathOf(string parent, string id, DateTimeOffset started) =>
        System.IO.Path.Combine(System.IO.Path.GetFullPath(parent), "wandb", string.Create(CultureInfo.InvariantCulture, $"offline-run-{started.UtcDateTime:yyyyMMdd_HHmmss}-{id}"));

    /// <summary>Adds a record; after the exit come the last two.</summary>
    /// <exception cref="UserError">The disk refuses.</exception>
    public void Append(WandbRecord record)
    {
        log.Append(proto.Of(record));
        if (record is WandbSummary summary) Durable.WriteFile(System.IO.Path.Combine(FilesPath, "wandb-summary.json"), Encoding.UTF8.GetBytes(WandbJson.Object(summary.Values)), besides: true);
        if (record is not WandbExit) return;
        log.Append(proto.Final());
        log.Append(proto.Footer());
    }

    /// <summary>Puts the new log in the place of the one before: whatever happens, one of them is whole. It is written to as before.</summary>
    /// <exception cref="UserError">The disk refuses.</exception>
    public void Settle()
    {
        try
        {
            File.Move(log.Path, logPath, overwrite: true);
            File.Delete(SyncedPath);
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            throw StorageFailure.Explain(failure, logPath);
        }
    }

    /// <summary>Marks that everything is at the server already, so that <c>wandb sync</c> passes it over.</summary>
    public void MarkSynced() => File.WriteAllBytes(SyncedPath, []);

    public void Dispose() => log.Dispose();

    private string SyncedPath => logPath + ".synced";

    private void Describe(WandbRun run)
    {
        File.WriteAllText(System.IO.Path.Combine(FilesPath, "config.yaml"), Yaml(run.Config));
        File.WriteAllText(System.IO.Path.Combine(FilesPath, "requirements.txt"), $"unmask=={Version}\n");
        File.WriteAllBytes(System.IO.Path.Combine(FilesPath, "wandb-metadata.json"), JsonSerializer.SerializeToUtf8Bytes(new
        {
            os = RuntimeInformation.OSDescription,
            runtime = RuntimeInformation.FrameworkDescription,
            program = "unmask train",
            startedAt = run.Started.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff", CultureInfo.InvariantCulture),
            host = Environment.MachineName,
            cpu_count = Environment.ProcessorCount,
            cpu_count_logical = Environment.ProcessorCount,
            memory = new { total = MachineMemory.Bytes / (double)(1L << 30) },
            state = "running",
        }));
    }

    /// <summary>The settings as the client's config.yaml has them. JSON values are YAML values.</summary>
    private static string Yaml(IReadOnlyDictionary<string, string> config)
    {
        var text = new StringBuilder("wandb_version: 1\n");
        foreach ((string name, string json) in config) text.Append(CultureInfo.InvariantCulture, $"\n{name}:\n  desc: null\n  value: {json}\n");
        return text.ToString();
    }

    private static void Point(string path)
    {
        string link = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(path)!, "latest-run");
        try
        {
            if (new FileInfo(link) is { LinkTarget: not null } old) old.Delete();
            Directory.CreateSymbolicLink(link, System.IO.Path.GetFileName(path));
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // Windows needs a right for links; the folder is found without.
        }
    }
}
