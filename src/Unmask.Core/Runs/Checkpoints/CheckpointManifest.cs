using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Unmask.Core.Events;

namespace Unmask.Core.Runs.Checkpoints;

/// <summary>A file of a checkpoint, its name with forward slashes.</summary>
public sealed record CheckpointFile(string Name, long Bytes, string Sha256);

/// <summary>
/// What a checkpoint consists of: <c>manifest.json</c>, written last. It holds its own hash, so that a changed digit in it shows too.
/// </summary>
public sealed record CheckpointManifest
{
    public const string FileName = "manifest.json";

    private static readonly JsonSerializerOptions Format = new(EventFormat.Options) { WriteIndented = true, NewLine = "\n" };

    [JsonPropertyName("v")]
    public int Version { get; init; } = 1;

    /// <summary>Optimizer steps made so far.</summary>
    public required long Step { get; init; }

    public required CheckpointKind Saved { get; init; }

    /// <summary>SHA-256 of the run's config.yaml.</summary>
    public required string ConfigSha256 { get; init; }

    /// <summary>Length of events.jsonl when the checkpoint was made: later events belong to later steps.</summary>
    public required long EventPosition { get; init; }

    /// <summary>Evaluation loss at this step; null when it was not evaluated.</summary>
    public double? EvalLoss { get; init; }

    public IReadOnlyList<CheckpointFile> Files { get; init; } = [];

    /// <summary>SHA-256 of this manifest without this line.</summary>
    public string Sha256 { get; init; } = "";

    /// <summary>Bytes of all files.</summary>
    [JsonIgnore]
    public long Bytes => Math.Clamp(Files.Aggregate(0L, (all, file) => all + Math.Clamp(file.Bytes, 0, 1L << 50)), 0, 1L << 50);

    internal byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(Sealed(), Format);

    /// <summary>Reads manifest.json; null when any bit of it is not as it was written.</summary>
    internal static CheckpointManifest? Read(string path)
    {
        try
        {
            byte[] bytes = InputFile.ReadBytes(path);
            var manifest = JsonInput.Deserialize<CheckpointManifest>(bytes, Format);
            return manifest is { Files: { } files } && files.All(file => file is { Name: not null }) && manifest.ToBytes().AsSpan().SequenceEqual(bytes) ? manifest : null;
        }
        catch (Exception broken) when (broken is JsonException or UserError)
        {
            return null;
        }
    }

    private CheckpointManifest Sealed()
    {
        CheckpointManifest open = this with { Sha256 = "" };
        return open with { Sha256 = Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(open, Format))) };
    }
}
