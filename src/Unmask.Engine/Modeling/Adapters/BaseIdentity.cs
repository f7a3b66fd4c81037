using System.Text.Json;
using System.Text.Json.Nodes;

namespace Unmask.Engine.Modeling.Adapters;

/// <summary>Which base an adapter was trained on: <c>base</c> in <c>lineage.json</c> beside it, a file of our own that peft leaves alone.</summary>
/// <param name="Path">Where the base lay.</param>
/// <param name="Sha256">Its <see cref="Unmask.Engine.Modeling.Checkpoints.ModelFolder.WeightsSha256"/>.</param>
public sealed record BaseIdentity(string Path, string Sha256)
{
    public const string FileName = "lineage.json";

    /// <summary>What the file in <paramref name="folder"/> says; null where there is none or it does not say.</summary>
    /// <exception cref="UserError">The file is damaged.</exception>
    public static BaseIdentity? Read(string folder)
    {
        var file = System.IO.Path.Combine(folder, FileName);
        if (!File.Exists(file)) return null;
        var said = JsonInput.ReadObject(file)["base"] as JsonObject;
        return Text(said, "sha256") is { } sha256 ? new BaseIdentity(Text(said, "path") ?? "", sha256) : null;
    }

    private static string? Text(JsonObject? json, string key) => json?[key] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    /// <summary>Writes the file into an existing folder and flushes it to disk.</summary>
    public void Write(string folder)
    {
        using var stream = new FileStream(System.IO.Path.Combine(folder, FileName), FileMode.Create, FileAccess.Write);
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("base");
            writer.WriteString("path", Path);
            writer.WriteString("sha256", Sha256);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        stream.Flush(flushToDisk: true);
    }
}
