using System.Text.Json;
using System.Text.Json.Nodes;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Checkpoints.Safetensors;

/// <summary>All tensors of a model folder, in one <c>model.safetensors</c> or in shards with an index.</summary>
public sealed class ModelWeights : IDisposable
{
    public const string SingleFile = "model.safetensors";

    public const string IndexFile = "model.safetensors.index.json";

    private const int MostProblems = 5;

    private readonly Dictionary<string, SafetensorsFile> fileOf = new(StringComparer.Ordinal);
    private readonly List<SafetensorsFile> files = [];

    private ModelWeights()
    {
    }

    /// <summary>Names of all tensors, in the order of files and data.</summary>
    public IEnumerable<string> Names => fileOf.Keys;

    public bool Contains(string name) => fileOf.ContainsKey(name);

    /// <summary>The header line of a tensor.</summary>
    public TensorEntry this[string name] => fileOf[name][name];

    /// <summary>Copies a tensor into <paramref name="target"/>, see <see cref="SafetensorsFile.CopyTo(string, TorchSharp.torch.Tensor)"/>.</summary>
    public void CopyTo(string name, Tensor target) => fileOf[name].CopyTo(name, target);

    /// <summary>SHA-256 of a tensor's bytes as stored, in hexadecimal.</summary>
    public string Sha256(string name) => fileOf[name].Sha256(name);

    /// <summary>Opens the weights of a folder.</summary>
    /// <exception cref="UserError">There are none, or a file is broken or missing.</exception>
    public static ModelWeights Open(string folder)
    {
        var single = Path.Combine(folder, SingleFile);
        var index = Path.Combine(folder, IndexFile);
        var weights = new ModelWeights();
        try
        {
            if (File.Exists(single)) weights.Add(SafetensorsFile.Open(single), null);
            else if (File.Exists(index)) weights.AddShards(folder, index);
            else throw NoWeights(folder);
            return weights;
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    private static UserError NoWeights(string folder)
    {
        var others = Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder).Select(Path.GetFileName).Where(name => name!.EndsWith(".bin", StringComparison.Ordinal) || name.EndsWith(".pt", StringComparison.Ordinal) || name.EndsWith(".safetensors", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToArray()
            : [];
        var found = others.Length == 0
            ? " Copy the model's safetensors files there, or make a new model with `unmask model new`."
            : $" It has {Some(others!)}, which are not read; save the model again as safetensors, or rename the file if it holds the whole model.";
        return new UserError($"{folder} has neither {SingleFile} nor {IndexFile}.{found}");
    }

    private void Add(SafetensorsFile file, HashSet<string>? listed)
    {
        files.Add(file);
        foreach (var entry in file.Entries)
        {
            // A shard may hold tensors that the index gives to another file; the index decides.
            if (listed is null || listed.Contains(entry.Name)) fileOf[entry.Name] = file;
        }
    }

    private void AddShards(string folder, string index)
    {
        var map = ReadIndex(index);
        var problems = new List<string>();
        foreach (var shard in map.GroupBy(pair => pair.Value, pair => pair.Key).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            if (problems.Count == MostProblems)
            {
                problems.Add($"{index}: other shards are wrong, too.");
                break;
            }

            if (shard.Key.Length == 0 || Path.GetFileName(shard.Key) != shard.Key || shard.Key.Contains('\\') || shard.Key.Contains('\0') || shard.Key is "." or "..")
            {
                problems.Add($"{index} names the shard '{shard.Key}'; a shard must be a file in the same folder.");
                continue;
            }

            var path = Path.Combine(folder, shard.Key);
            if (!File.Exists(path))
            {
                problems.Add($"{path} is missing, but {IndexFile} says it holds {shard.Count()} tensors. Download or copy it.");
                continue;
            }

            var file = SafetensorsFile.Open(path);
            var listed = shard.ToHashSet(StringComparer.Ordinal);
            Add(file, listed);
            var absent = listed.Where(name => !file.Contains(name)).Order(StringComparer.Ordinal).ToArray();
            if (absent.Length > 0) problems.Add($"{path} lacks tensors that {IndexFile} places in it: {Some(absent)}.");
        }

        UserError.ThrowIfAny(problems);
    }

    private static string Some(string[] names) => string.Join(", ", names.Take(MostProblems)) + (names.Length > MostProblems ? $" and {names.Length - MostProblems} more" : "");

    private static Dictionary<string, string> ReadIndex(string index)
    {
        UserError NoIndex(string why) => new($"{index} is not a valid index: {why}. It must be an object with \"weight_map\" from tensor names to file names; download or save it again.");
        JsonNode? root;
        try
        {
            root = JsonInput.Parse(InputFile.ReadBytes(index));
        }
        catch (JsonException fault)
        {
            throw NoIndex(JsonInput.Reason(fault));
        }

        if ((root as JsonObject)?["weight_map"] is not JsonObject pairs) throw NoIndex("it has no \"weight_map\"");
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (tensor, file) in pairs)
        {
            map[tensor] = file is JsonValue value && value.TryGetValue<string>(out var name) ? name : throw NoIndex($"weight_map has no text for tensor {tensor}");
        }

        return map;
    }

    /// <summary>
    /// Writes the tensors of a model into an existing folder: one file, or shards of at most <paramref name="shardBytes"/> with an index
    /// (one tensor larger than that gets a shard of its own).
    /// </summary>
    public static void Write(string folder, IReadOnlyList<NamedTensor> tensors, long shardBytes = 5_000_000_000) => WriteSources(folder, [.. tensors.Select(TensorSource.Of)], shardBytes);

    /// <inheritdoc cref="Write(string, IReadOnlyList{NamedTensor}, long)"/>
    public static void WriteSources(string folder, IReadOnlyList<TensorSource> tensors, long shardBytes = 5_000_000_000)
    {
        var shards = Split(tensors, shardBytes);
        if (shards.Count == 1)
        {
            SafetensorsWriter.WriteSources(Path.Combine(folder, SingleFile), tensors);
            return;
        }

        var map = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < shards.Count; i++)
        {
            var name = $"model-{i + 1:00000}-of-{shards.Count:00000}.safetensors";
            SafetensorsWriter.WriteSources(Path.Combine(folder, name), shards[i]);
            foreach (var tensor in shards[i]) map.Add(tensor.Name, name);
        }

        using var stream = new FileStream(Path.Combine(folder, IndexFile), FileMode.Create, FileAccess.Write);
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("metadata");
            writer.WriteNumber("total_parameters", tensors.Sum(tensor => tensor.Elements));
            writer.WriteNumber("total_size", tensors.Sum(tensor => tensor.Bytes));
            writer.WriteEndObject();
            writer.WriteStartObject("weight_map");
            foreach (var (name, file) in map) writer.WriteString(name, file);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        stream.Flush(flushToDisk: true);
    }

    private static List<List<TensorSource>> Split(IReadOnlyList<TensorSource> tensors, long shardBytes)
    {
        var shards = new List<List<TensorSource>> { new() };
        long used = 0;
        foreach (var tensor in tensors)
        {
            if (shards[^1].Count > 0 && used + tensor.Bytes > shardBytes)
            {
                shards.Add([]);
                used = 0;
            }

            shards[^1].Add(tensor);
            used += tensor.Bytes;
        }

        return shards;
    }

    public void Dispose()
    {
        foreach (var file in files) file.Dispose();
    }
}
