using System.Text.Json;
using System.Text.Json.Nodes;

namespace Unmask.Engine.Data.Files.Discovery;

/// <summary>Folders that Hugging Face's <c>save_to_disk</c> wrote.</summary>
internal static class SavedDataSet
{
    /// <summary>The names of the splits of a dataset dictionary.</summary>
    /// <exception cref="UserError">It does not name them.</exception>
    public static IReadOnlyList<string> Splits(string folder)
    {
        var path = Path.Combine(folder, "dataset_dict.json");
        return Texts(JsonInput.ReadObject(path)["splits"]) is { } names && names.All(IsName) ? names : throw new UserError($"'{path}' has no list of splits; copy the whole folder again.");
    }

    /// <summary>The Arrow files of a dataset, or of a split.</summary>
    /// <exception cref="UserError">Its description or one of them is missing.</exception>
    public static IReadOnlyList<string> Files(string folder)
    {
        var path = Path.Combine(folder, "state.json");
        if (!File.Exists(path)) throw new UserError($"The saved dataset's part '{folder}' has no state.json; copy the whole folder again.");
        var state = JsonInput.ReadObject(path);
        if (state["_indices_data_files"] is JsonArray { Count: > 0 } || state["_indices_files"] is JsonArray { Count: > 0 })
        {
            throw new UserError($"'{folder}' holds a selection of another dataset's rows. Call flatten_indices() on it and save it again.");
        }

        var files = new List<string>();
        foreach (var entry in state["_data_files"] as JsonArray ?? [])
        {
            var name = (entry as JsonObject)?["filename"] is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.ToString() : null;
            if (name is null || !IsName(name)) throw new UserError($"'{path}' names a file that cannot be one of the folder: {name ?? "no text"}; copy the whole folder again.");
            var file = Path.Combine(folder, name);
            if (!File.Exists(file)) throw new UserError($"'{path}' names '{file}', which does not exist; copy the whole folder again.");
            files.Add(file);
        }

        return files;
    }

    private static List<string>? Texts(JsonNode? node) =>
        node is JsonArray list && list.All(item => item?.GetValueKind() == JsonValueKind.String) ? [.. list.Select(item => item!.ToString())] : null;

    /// <summary>A name in the folder, not a way out of it.</summary>
    private static bool IsName(string name) => name.Length > 0 && Path.GetFileName(name) == name && name is not ("." or "..") && !name.Contains('\0', StringComparison.Ordinal);
}
