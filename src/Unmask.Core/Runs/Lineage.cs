using System.Text.Json;
using System.Text.Json.Serialization;
using Unmask.Core.Events;

namespace Unmask.Core.Runs;

/// <summary>The model that was trained further.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Path">Where it lay.</param>
/// <param name="Sha256">SHA-256 over its weights.</param>
/// <param name="Adapter">The adapter that was trained further, where it was one.</param>
/// <param name="Run">The run that it came from; null where that is not known.</param>
public sealed record LineageBase(string Name, string Path, string Sha256, string? Adapter = null, string? Run = null)
{
    [JsonInclude, JsonPropertyName("adaptor")]
    private string? EarlierName { init => Adapter ??= value; }
}

/// <summary>The data that was trained on.</summary>
/// <param name="Files">The files, in reading order.</param>
/// <param name="InputSha256">SHA-256 over the files and every setting that bears on the rows.</param>
/// <param name="TrainRows">Training rows.</param>
/// <param name="TrainSha256">SHA-256 over their tokens.</param>
/// <param name="EvalRows">Evaluation rows.</param>
/// <param name="EvalSha256">SHA-256 over their tokens; null where there are none.</param>
public sealed record LineageData(IReadOnlyList<string> Files, string InputSha256, long TrainRows, string TrainSha256, long EvalRows, string? EvalSha256);

/// <summary>Where a model or an adapter comes from: <c>lineage.json</c> beside its weights. Other programs leave the file alone.</summary>
public sealed record Lineage
{
    public const string FileName = "lineage.json";

    /// <summary>Version of the file's shape.</summary>
    public int Version { get; init; } = 1;

    /// <summary>Kind of the output: <c>model</c>, <c>adapter</c> (<c>adaptor</c> in files of earlier versions) or <c>fused</c>.</summary>
    public required string Kind { get; init => field = value == "adaptor" ? "adapter" : value; }

    /// <summary>Name of the output.</summary>
    public required string Name { get; init; }

    /// <summary>Class name of the model.</summary>
    public required string Architecture { get; init; }

    /// <summary>Null for a model that was trained from fresh weights.</summary>
    public LineageBase? Base { get; init; }

    public required LineageData Data { get; init; }

    /// <summary>Id of the run.</summary>
    public required string Run { get; init; }

    /// <summary>Every setting as it was in force.</summary>
    public required IReadOnlyDictionary<string, object?> Settings { get; init; }

    public required long Seed { get; init; }

    /// <summary>Program and library versions.</summary>
    public required IReadOnlyDictionary<string, string> Versions { get; init; }

    /// <summary>What it was trained on: system, processor, threads, memory, device.</summary>
    public required IReadOnlyDictionary<string, string> Machine { get; init; }

    public required DateTimeOffset Started { get; init; }

    public required DateTimeOffset Finished { get; init; }

    /// <summary>Optimizer steps.</summary>
    public required long Steps { get; init; }

    /// <summary>Seconds in these steps.</summary>
    public required double TrainingSeconds { get; init; }

    /// <summary>Last losses, the best evaluation, and what the final evaluation measured.</summary>
    public required IReadOnlyDictionary<string, double> Metrics { get; init; }

    /// <summary>Writes the file into an existing folder, flushed to disk.</summary>
    public void Write(string folder)
    {
        var options = new JsonSerializerOptions(EventFormat.Options) { WriteIndented = true, NewLine = "\n" };
        Storage.Durable.WriteFile(Path.Combine(folder, FileName), [.. JsonSerializer.SerializeToUtf8Bytes(this, options), (byte)'\n']);
    }

    /// <summary>The lineage in a folder; null where there is none, or none of a run.</summary>
    /// <remarks>What cannot be read is another program's, or names the base alone.</remarks>
    public static Lineage? Read(string folder) => JsonRecord.TryRead<Lineage>(Path.Combine(folder, FileName));
}
