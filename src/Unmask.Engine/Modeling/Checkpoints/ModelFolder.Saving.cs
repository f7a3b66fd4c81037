using System.Text.Json.Nodes;
using Unmask.Engine.Modeling.Architectures;
using Unmask.Engine.Modeling.Blocks;
using Unmask.Engine.Modeling.Checkpoints.Safetensors;
using Unmask.Engine.Modeling.Quantization;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Checkpoints;

public sealed partial class ModelFolder
{
    private const long UsualShardBytes = 5_000_000_000;

    /// <summary>
    /// Writes config.json and weights to a new folder that is complete or absent: all is written beside it and renamed at the end.
    /// </summary>
    /// <param name="path">Must not exist, or be an empty folder.</param>
    /// <param name="model">The weights, stored in the type they have.</param>
    /// <param name="config">Its configuration; keys that are not understood are kept.</param>
    /// <param name="addFiles">Writes more files (the tokenizer's) into the folder it is given; may be null.</param>
    /// <param name="shardBytes">Largest weight file.</param>
    /// <exception cref="UserError">The folder is not empty, or cannot be written.</exception>
    public static void Save(string path, MaskedLanguageModel model, ModelConfig config, Action<string>? addFiles = null, long shardBytes = UsualShardBytes) => Save(path, folder =>
    {
        Write(folder, model, config, shardBytes);
        addFiles?.Invoke(folder);
    });

    /// <summary>Lets <paramref name="write"/> fill a new folder that is complete or absent.</summary>
    /// <exception cref="UserError">The folder is not empty, or cannot be written.</exception>
    public static void Save(string path, Action<string> write)
    {
        var target = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        RefuseUsed(target);
        var partial = $"{target}.partial-{Guid.NewGuid():N}";
        try
        {
            Directory.CreateDirectory(partial);
            write(partial);
            if (Directory.Exists(target)) Directory.Delete(target);
            Directory.Move(partial, target);
        }
        catch (Exception error)
        {
            if (Directory.Exists(partial)) Directory.Delete(partial, recursive: true);
            if (error is IOException or UnauthorizedAccessException)
            {
                throw new UserError($"The model could not be saved to {path}: {error.Message.TrimEnd('.')}. Free some space or choose another folder; nothing was left there.");
            }

            throw;
        }
    }

    /// <summary>Refuses a place where a model cannot be saved without overwriting something.</summary>
    /// <exception cref="UserError">The path is a file or a folder with content.</exception>
    public static void RefuseUsed(string path)
    {
        if (File.Exists(path)) throw new UserError($"{path} is a file; a model needs a folder of its own. Choose another name.");
        if (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any())
        {
            throw new UserError($"{path} is not empty. Models are never written over other files; choose a new folder or empty this one.");
        }
    }

    /// <summary>Writes config.json and weights into an existing folder, file by file, each flushed to disk.</summary>
    public static void Write(string folder, MaskedLanguageModel model, ModelConfig config, long shardBytes = UsualShardBytes)
    {
        using var scope = NewDisposeScope();
        var values = model.Parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Value);
        var quantized = model.Quantized?.ByName.SelectMany(pair => BitsAndBytesFile.Tensors(pair.Key, pair.Value)) ?? [];
        ConfigFileWriter.Write(folder, config, model.Dtype, Quantization(model, config));
        ModelWeights.WriteSources(folder, [.. Sources(config.Parameters.Where(spec => values.ContainsKey(spec.Name)), model.Dtype, spec => values[spec.Name]), .. quantized.Select(TensorSource.Of)], shardBytes);
    }

    /// <summary>
    /// Writes config.json and weights into an existing folder, of which no more than one tensor is in memory at a time.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="config">What the model has.</param>
    /// <param name="dtype">Type of all tensors.</param>
    /// <param name="make">Gives a parameter in that type.</param>
    /// <param name="shardBytes">Largest weight file.</param>
    public static void Write(string folder, ModelConfig config, ScalarType dtype, Func<ParameterSpec, Tensor> make, long shardBytes = UsualShardBytes)
    {
        ConfigFileWriter.Write(folder, config, dtype, quantization: null);
        ModelWeights.WriteSources(folder, [.. Sources(config.Parameters, dtype, make)], shardBytes);
    }

    /// <summary>
    /// Writes this model into another existing folder, all of it as plain tensors, of which no more than one is in memory at a time.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="dtype">Type of all tensors.</param>
    /// <param name="change">Called with each parameter's name and values (float32), which it may alter; null for nothing to alter.</param>
    /// <param name="shardBytes">Largest weight file.</param>
    /// <exception cref="UserError">As for <see cref="Load"/>.</exception>
    public void Rewrite(string folder, ScalarType dtype, Action<string, Tensor>? change = null, long shardBytes = UsualShardBytes)
    {
        using var weights = ModelWeights.Open(Path);
        var source = WeightMatch.Of(this, weights).Source;
        Write(folder, Config, dtype, spec =>
        {
            var value = empty(spec.Shape, dtype: ScalarType.Float32);
            if (BitsAndBytesFile.Holds(weights, source[spec.Name])) BitsAndBytesFile.ReadPlain(weights, source[spec.Name], value);
            else weights.CopyTo(source[spec.Name], value);
            change?.Invoke(spec.Name, value);
            return value.to(dtype);
        }, shardBytes);
    }

    /// <summary>Copies what the folder holds beside config.json and weights (the tokenizer, how to sample, its license) into another; nothing that can execute.</summary>
    public void CopyOtherFiles(string folder)
    {
        string[] names = [.. PlainFiles.In(Path).Where(name => name is not (ConfigReader.FileName or ModelWeights.IndexFile))];
        PlainFiles.Copy(Path, names, folder, Architecture.Code);
    }

    private static IEnumerable<TensorSource> Sources(IEnumerable<ParameterSpec> specs, ScalarType dtype, Func<ParameterSpec, Tensor> make)
    {
        foreach (var spec in specs)
        {
            yield return new TensorSource(spec.Name, dtype, spec.Shape, () => make(spec));
            if (spec.SavedAlsoAs is { } other) yield return new TensorSource(other, dtype, spec.Shape, () => make(spec));
        }
    }

    private static JsonObject? Quantization(MaskedLanguageModel model, ModelConfig config)
    {
        if (model.Quantized is not { } quantized) return null;
        var plain = model.Linears.Select(linear => linear.Path).Where(path => !quantized.ByName.ContainsKey($"{path}.weight"));
        return BitsAndBytesConfig.Create(quantized.ComputeDtype, quantized.ByName.Values.All(weight => weight.IsDoubly), ModelCatalog.For(config.Json, "the model").LoraExclusions.Concat(plain));
    }
}
