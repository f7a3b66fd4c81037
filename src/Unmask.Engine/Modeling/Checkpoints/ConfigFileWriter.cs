using System.Text.Json;
using System.Text.Json.Nodes;
using Unmask.Engine.Modeling.Architectures;
using Unmask.Engine.Modeling.Quantization;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Checkpoints;

/// <summary>Writes config.json so that every version of its readers opens the same model.</summary>
internal static class ConfigFileWriter
{
    /// <summary>Writes the file into an existing folder and flushes it to disk.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="config">The model; keys that are not understood are kept.</param>
    /// <param name="dtype">Type of the weights beside it.</param>
    /// <param name="quantization">How its linear layers are stored in 4 bits; null for plain tensors.</param>
    public static void Write(string folder, ModelConfig config, ScalarType dtype, JsonObject? quantization)
    {
        var json = (JsonObject)config.Json.DeepClone();
        var file = Path.Combine(folder, ConfigReader.FileName);
        var architecture = ModelCatalog.For(json, file);
        var name = BitsAndBytesConfig.NameOf(dtype);
        // Older files say torch_dtype, newer ones dtype; a file keeps the word it has.
        if (json.ContainsKey("torch_dtype")) json["torch_dtype"] = name;
        if (json.ContainsKey("dtype") || !json.ContainsKey("torch_dtype")) json["dtype"] = name;
        json.Remove(BitsAndBytesConfig.Key);
        if (quantization is not null) json[BitsAndBytesConfig.Key] = quantization;
        NameClass(json, architecture);
        architecture.CompleteConfig?.Invoke(json, config);
        RemoteCode.Complete(json, architecture.Code, folder: null);
        WriteRealsAsReals(json, architecture);
        using var stream = new FileStream(file, FileMode.Create, FileAccess.Write);
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true })) json.WriteTo(writer);
        stream.Flush(flushToDisk: true);
    }

    /// <summary>What the weights are, whatever the file that they were read by called them.</summary>
    private static void NameClass(JsonObject json, Architecture architecture)
    {
        json["architectures"] = new JsonArray(architecture.ClassName);
        json["model_type"] = architecture.ModelType;
    }

    /// <summary>
    /// 2 becomes 2.0 where a real number belongs, and null goes where a number, a text or a switch does: transformers 5 checks the kinds of the values of its own
    /// classes, and refuses the model.
    /// </summary>
    private static void WriteRealsAsReals(JsonObject json, Architecture architecture)
    {
        foreach (var (key, value) in architecture.DefaultConfig())
        {
            if (value is not JsonValue usual) continue;
            if (json.ContainsKey(key) && json[key] is null && architecture.Code is null) json.Remove(key);
            if (!usual.TryGetValue<double>(out _)) continue;
            if (json[key] is JsonValue number && number.GetValueKind() == JsonValueKind.Number && number.ToJsonString() is var digits && digits.All(c => char.IsAsciiDigit(c) || c == '-'))
            {
                json[key] = JsonNode.Parse(digits + ".0");
            }
        }
    }
}
