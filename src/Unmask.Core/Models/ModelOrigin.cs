using System.Text.Json;
using System.Text.Json.Serialization;
using Unmask.Core.Events;
using Unmask.Core.Storage;

namespace Unmask.Core.Models;

/// <summary>How a model of the workbench was made.</summary>
public enum ModelWay
{
    /// <summary>Copied from a folder of the machine.</summary>
    Imported,

    /// <summary>A model and an adapter, made one.</summary>
    Merged,

    /// <summary>A copy in another number format.</summary>
    Converted,
}

/// <summary>Where a model comes from that no training gave: <c>origin.json</c> beside its weights. Other programs leave the file alone.</summary>
/// <param name="Way">How it was made.</param>
/// <param name="Name">What people call it.</param>
/// <param name="From">Name of what it was made of: a model, of a merged one the adapter; of an imported one its folder.</param>
/// <param name="FromPath">Where that lay.</param>
/// <param name="Made">When.</param>
public sealed record ModelOrigin(ModelWay Way, string Name, string From, string FromPath, DateTimeOffset Made)
{
    public const string FileName = "origin.json";

    private const int CurrentVersion = 1;

    /// <summary>Version of the file's shape.</summary>
    [JsonPropertyName("v")]
    public int Version { get; init; } = CurrentVersion;

    /// <summary>The number format that it was converted to; null else.</summary>
    public string? Format { get; init; }

    /// <summary>The model that an adapter was merged into, where it was another than its own; null else.</summary>
    public string? Into { get; init; }

    /// <summary>What a person should know of how it was made, in sentences; null for nothing.</summary>
    public IReadOnlyList<string>? Warnings { get; init; }

    /// <summary>Writes the file into an existing folder, flushed to disk.</summary>
    public void Write(string folder) => Durable.WriteFile(Path.Combine(folder, FileName), [.. JsonSerializer.SerializeToUtf8Bytes(this, EventFormat.Options), (byte)'\n']);

    /// <summary>Where the weights of an imported model may be linked from; null for one that holds its own. Anybody may have written that: it is good for weights only.</summary>
    public static string? LinkedFrom(string folder) =>
        Read(folder) is { Way: ModelWay.Imported, FromPath: var from } && Path.IsPathFullyQualified(from) && !from.Contains('\0', StringComparison.Ordinal) ? from : null;

    /// <summary>The origin in a folder; null where there is none that this program knows.</summary>
    public static ModelOrigin? Read(string folder) => JsonRecord.TryRead<ModelOrigin>(Path.Combine(folder, FileName)) is { Version: <= CurrentVersion } origin ? origin : null;
}
