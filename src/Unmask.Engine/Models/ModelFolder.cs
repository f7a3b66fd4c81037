using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

using Unmask.Core;
using Unmask.Engine.Quantization;
using Unmask.Engine.Weights;

using static TorchSharp.torch;

namespace Unmask.Engine.Models;

/// <summary>A model with what loading it had to say.</summary>
/// <param name="Model">The caller disposes it.</param>
/// <param name="Warnings">Sentences, such as tensors in the file that nothing uses.</param>
public sealed record LoadedModel(MaskedLanguageModel Model, IReadOnlyList<string> Warnings);

/// <summary>A model folder as Hugging Face libraries read and write it: config.json beside safetensors files.</summary>
public sealed partial class ModelFolder
{
    public const string ConfigFile = "config.json";

    private string? weightsSha256;

    private ModelFolder(string path, Architecture architecture, ModelConfig config)
    {
        Path = path;
        Architecture = architecture;
        Config = config;
    }

    public string Path { get; }

    public Architecture Architecture { get; }

    public ModelConfig Config { get; }

    /// <summary>Reads config.json; no weight is touched.</summary>
    /// <exception cref="UserError">The folder or the file is missing or wrong, or the architecture is unknown.</exception>
    public static ModelFolder Open(string path)
    {
        var file = System.IO.Path.Combine(path, ConfigFile);
        if (!Directory.Exists(path)) throw new UserError($"The model folder {path} does not exist. Give a folder with {ConfigFile} and safetensors, owner/name of one of the Hugging Face Hub, or make one with `unmask model new`.");
        if (!File.Exists(file)) throw new UserError($"{path} has no {ConfigFile}, so it is not a model folder. Give a folder with {ConfigFile} and safetensors, or make one with `unmask model new`.");
        var json = ReadJson(file);
        var architecture = ModelCatalog.For(json, file);
        return new ModelFolder(path, architecture, architecture.ReadConfig(new ConfigReader(json, file)));
    }

    /// <summary>A file that must hold a JSON object.</summary>
    internal static JsonObject ReadJson(string file)
    {
        try
        {
            var json = JsonNode.Parse(File.ReadAllText(file)) as JsonObject ?? throw new UserError($"{file} must hold a JSON object.");
            // Repeated keys come to light when the object is first looked into.
            _ = json.Count;
            return json;
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            throw new UserError($"{file} is not valid JSON: {error.Message.TrimEnd('.')}.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UserError($"{file} cannot be read: {error.Message.TrimEnd('.')}.");
        }
    }

    /// <summary>Type the weights are said to be stored in (<c>dtype</c>, or <c>torch_dtype</c> of older files); float32 when not said.</summary>
    public ScalarType StoredDtype => ((Config.Json["dtype"] ?? Config.Json["torch_dtype"])?.ToString()) switch
    {
        "bfloat16" => ScalarType.BFloat16,
        "float16" => ScalarType.Float16,
        "float64" => ScalarType.Float64,
        _ => ScalarType.Float32,
    };

    /// <inheritdoc cref="ModelConfig.IsIn4Bit"/>
    public bool IsIn4Bit => Config.IsIn4Bit;

    /// <summary>Loads the weights, each tensor straight from the mapped file into its parameter.</summary>
    /// <param name="device">Where to; the CPU when null.</param>
    /// <param name="dtype">Type of the parameters; as stored when null.</param>
    /// <param name="in4Bit">Whether to hold the weights of linear layers in 4 bits. Those of a folder that has them in 4 bits are held so in any case.</param>
    /// <param name="passed">Called after each parameter with its number of values, which add up to <see cref="ModelConfig.ParameterCount"/>; what it throws ends the loading. Null for nobody.</param>
    /// <exception cref="UserError">A file is broken, or tensors are missing or of another shape: all are named.</exception>
    public LoadedModel Load(Device? device = null, ScalarType? dtype = null, bool in4Bit = false, Action<long>? passed = null)
    {
        using var weights = ModelWeights.Open(Path);
        var source = Match(weights, out var warnings);
        var parameters = new ParameterLoading(weights, Config, source, device ?? CPU, dtype ?? StoredDtype, passed ?? (static _ => { })).Load(in4Bit);
        try
        {
            return new LoadedModel(Config.Build(parameters), warnings);
        }
        catch
        {
            parameters.Dispose();
            throw;
        }
    }

    /// <summary>
    /// SHA-256 of the weights, in hexadecimal: over a line "name type shape sha256" for each parameter, by name. How they are spread over files and what else
    /// lies there makes no difference.
    /// </summary>
    /// <exception cref="UserError">As for <see cref="Load"/>.</exception>
    public string WeightsSha256() => weightsSha256 ??= HashWeights();

    private string HashWeights()
    {
        using var weights = ModelWeights.Open(Path);
        var source = Match(weights, out _);
        var lines = source.AsParallel().Select(pair => $"{pair.Key} {weights[pair.Value].Type.Name} {weights[pair.Value].ShapeText} {weights.Sha256(pair.Value)}\n").ToArray();
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(lines.Order(StringComparer.Ordinal)))));
    }

    /// <summary>Problems that <see cref="Load"/> would meet and what it would warn of, found without reading a weight.</summary>
    public (IReadOnlyList<string> Problems, IReadOnlyList<string> Warnings) CheckWeights()
    {
        try
        {
            using var weights = ModelWeights.Open(Path);
            Match(weights, out var warnings);
            return ([], warnings);
        }
        catch (UserError error)
        {
            return (error.Problems, []);
        }
    }

    /// <summary>For each parameter the name it has in the files.</summary>
    private Dictionary<string, string> Match(ModelWeights weights, out IReadOnlyList<string> warnings)
    {
        var source = new Dictionary<string, string>(StringComparer.Ordinal);
        var missing = new List<string>();
        var problems = new List<string>();
        if (BitsAndBytesConfig.Problem(Config.Json) is { } other) throw new UserError($"{Path}: {other}");
        foreach (var spec in Config.Parameters)
        {
            // Where readers of the original take the second name, so do we.
            string?[] names = [spec.SavedAlsoAs, spec.Name, .. spec.OtherNames];
            var name = names.FirstOrDefault(candidate => candidate is not null && weights.Contains(candidate));
            if (name is null)
            {
                missing.Add(spec.Name);
                continue;
            }

            source.Add(spec.Name, name);
            if (BitsAndBytesFile.Holds(weights, name))
            {
                if (BitsAndBytesFile.Problem(weights, name, spec.Shape) is { } problem) problems.Add($"{Path}: {problem}");
            }
            else if (!weights[name].Shape.AsSpan().SequenceEqual(spec.Shape))
            {
                problems.Add($"{Path}: tensor {name} has shape {weights[name].ShapeText} in the file, but {ConfigFile} asks for [{string.Join(", ", spec.Shape)}].");
            }
        }

        if (missing.Count > 0)
        {
            problems.Insert(0, $"{Path} lacks {missing.Count} of {Config.Parameters.Count} tensors of {Architecture.ClassName}: {string.Join(", ", missing)}. "
                + "Check that the folder holds the whole model, saved with its masked-language-model head.");
        }

        UserError.ThrowIfAny(problems);
        var used = source.Values.ToHashSet(StringComparer.Ordinal);
        foreach (var name in source.Values) used.UnionWith(BitsAndBytesFile.Endings.Select(ending => name + ending));
        var unknown = weights.Names.Where(name => !used.Contains(name) && !Architecture.IgnoresTensor(name)).ToArray();
        warnings = unknown.Length == 0 ? [] : [$"{Path} has {unknown.Length} tensors that {Architecture.ClassName} does not use; they are left out: {string.Join(", ", unknown)}."];
        return source;
    }
}
