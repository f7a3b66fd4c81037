using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Unmask.Engine.Modeling.Architectures;
using Unmask.Engine.Modeling.Checkpoints.Safetensors;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Checkpoints;

/// <summary>A model with what loading it had to say.</summary>
/// <param name="Model">The caller disposes it.</param>
/// <param name="Warnings">Sentences, such as tensors in the file that nothing uses.</param>
public sealed record LoadedModel(MaskedLanguageModel Model, IReadOnlyList<string> Warnings);

/// <summary>A model folder as Hugging Face libraries read and write it: config.json beside safetensors files.</summary>
public sealed partial class ModelFolder
{
    private string? weightsSha256;

    private ModelFolder(string path, AskedClass asked, ModelConfig config)
    {
        Path = path;
        Architecture = asked.Architecture;
        Notices = asked.Notices;
        Config = config;
    }

    private ModelFolder(ModelFolder tied, ModelConfig config) => (Path, Architecture, Notices, Config, Tied) = (tied.Path, tied.Architecture, tied.Notices, config, tied);

    public string Path { get; }

    public Architecture Architecture { get; }

    public ModelConfig Config { get; }

    /// <summary>Sentences on how config.json names the model; none where it does so as it should.</summary>
    public IReadOnlyList<string> Notices { get; }

    /// <summary>Reads config.json; no weight is touched.</summary>
    /// <exception cref="UserError">The folder or the file is missing or wrong, or the architecture is unknown.</exception>
    public static ModelFolder Open(string path)
    {
        var file = System.IO.Path.Combine(path, ConfigReader.FileName);
        if (!Directory.Exists(path)) throw new UserError($"The model folder {path} does not exist. Give a folder with {ConfigReader.FileName} and safetensors, owner/name of one of the Hugging Face Hub, or make one with `unmask model new`.");
        if (!File.Exists(file)) throw new UserError($"{path} has no {ConfigReader.FileName}, so it is not a model folder. Give a folder with {ConfigReader.FileName} and safetensors, or make one with `unmask model new`.");
        var json = ReadJson(file);
        var asked = AskedClass.Of(json, file);
        RemoteCode.Complete(json, asked.Architecture.Code, path);
        return new ModelFolder(path, asked, asked.Architecture.ReadConfig(new ConfigReader(json, file)));
    }

    /// <summary>A file that must hold a JSON object.</summary>
    /// <exception cref="UserError">It does not, or cannot be read.</exception>
    internal static JsonObject ReadJson(string file) => JsonInput.ReadObject(file);

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
    /// <param name="plain">Names of weights that are not held in 4 bits in any case; null for none.</param>
    public LoadedModel Load(Device? device = null, ScalarType? dtype = null, bool in4Bit = false, Action<long>? passed = null, IReadOnlyCollection<string>? plain = null)
    {
        using var weights = ModelWeights.Open(Path);
        var (source, warnings) = WeightMatch.Of(this, weights);
        var parameters = new ParameterLoading(weights, Config, source, device ?? CPU, dtype ?? StoredDtype, passed ?? (static _ => { })).Load(in4Bit, plain ?? []);
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
        var source = WeightMatch.Of(this, weights).Source;
        var lines = source.AsParallel().Select(pair => $"{pair.Key} {weights[pair.Value].Type.Name} {weights[pair.Value].ShapeText} {weights.Sha256(pair.Value)}\n").ToArray();
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(lines.Order(StringComparer.Ordinal)))));
    }

    /// <summary>Problems that <see cref="Load"/> would meet and what it would warn of, found without reading a weight.</summary>
    public (IReadOnlyList<string> Problems, IReadOnlyList<string> Warnings) CheckWeights()
    {
        try
        {
            using var weights = ModelWeights.Open(Path);
            return ([], WeightMatch.Of(this, weights).Warnings);
        }
        catch (UserError error)
        {
            return (error.Problems, []);
        }
    }
}
