using System.Text.Json;
using System.Text.Json.Serialization;
using Unmask.Core.Parameters;
using Unmask.Engine.Modeling.Checkpoints;

namespace Unmask.Engine.Generation;

/// <summary>
/// How a model is sampled where nothing else is asked for: <c>generation_config.json</c> in its folder, under the keys that published diffusion
/// models use. Keys that are not here are left alone.
/// </summary>
public sealed record GenerationConfig
{
    public const string FileName = PlainFiles.GenerationConfig;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
        WriteIndented = true,
    };

    public int? MaxNewTokens { get; init; }

    /// <summary>Denoising steps for <see cref="MaxNewTokens"/> tokens.</summary>
    public int? Steps { get; init; }

    public int? BlockLength { get; init; }

    public double? Temperature { get; init; }

    public Remasking? Alg { get; init; }

    /// <summary>How a training run lets its model write.</summary>
    public static GenerationConfig Of(TrainParameters parameters) => new()
    {
        MaxNewTokens = parameters.SampleMaxNewTokens,
        Steps = parameters.SampleSteps,
        BlockLength = parameters.SampleBlockLength,
        Temperature = parameters.SampleTemperature > 0 ? parameters.SampleTemperature : null,
        Alg = parameters.SampleRemasking,
    };

    /// <summary>Reads the file of a model folder; nothing is set where there is none.</summary>
    /// <exception cref="UserError">It is no JSON object, or one of the keys has a value of the wrong kind.</exception>
    public static GenerationConfig Read(string folder)
    {
        var file = Path.Combine(folder, FileName);
        if (!Path.Exists(file)) return new GenerationConfig();
        try
        {
            return JsonInput.Deserialize<GenerationConfig>(InputFile.ReadBytes(file), Json) ?? new GenerationConfig();
        }
        catch (JsonException error)
        {
            throw new UserError($"{file} cannot be used: {JsonInput.Reason(error)}. Fix the file, or remove it to use the default generation settings.");
        }
    }

    /// <summary>Writes the file into an existing folder and flushes it to disk.</summary>
    public void Write(string folder)
    {
        using var stream = new FileStream(Path.Combine(folder, FileName), FileMode.Create, FileAccess.Write);
        JsonSerializer.Serialize(stream, this, Json);
        stream.Flush(flushToDisk: true);
    }
}
