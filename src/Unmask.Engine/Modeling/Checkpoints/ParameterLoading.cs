using Unmask.Engine.Modeling.Blocks;
using Unmask.Engine.Modeling.Checkpoints.Safetensors;
using Unmask.Engine.Modeling.Quantization;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Checkpoints;

/// <summary>Reads the tensors of a model one by one from the mapped files into their place, so that no more than one of them is in memory twice.</summary>
/// <param name="weights">The files.</param>
/// <param name="config">What the model has.</param>
/// <param name="source">For each parameter the name it has in the files.</param>
/// <param name="device">Where to.</param>
/// <param name="dtype">Type of the parameters.</param>
/// <param name="passed">Called after each parameter with its number of values; what it throws ends the loading.</param>
internal sealed class ParameterLoading(ModelWeights weights, ModelConfig config, IReadOnlyDictionary<string, string> source, Device device, ScalarType dtype, Action<long> passed)
{
    /// <summary>Everything as plain tensors; of files in 4 bits, what they hold in 4 bits stays so where it belongs to a linear layer.</summary>
    /// <param name="in4Bit">Whether to quantize the linear layers of files that hold plain tensors.</param>
    /// <param name="untouched">Names of weights that are plain in any case.</param>
    public ParameterSet Load(bool in4Bit, IReadOnlyCollection<string> untouched)
    {
        var stored = source.Where(pair => BitsAndBytesFile.Holds(weights, pair.Value)).Select(pair => pair.Key).ToHashSet(StringComparer.Ordinal);
        HashSet<string> linear = in4Bit || stored.Count > 0 ? [.. config.LinearLayers().Select(layer => $"{layer.Path}.weight")] : [];
        if (stored.Count > 0) linear.IntersectWith(stored);
        linear.ExceptWith(untouched);
        var (small, plain) = (config.Parameters.Where(spec => linear.Contains(spec.Name)).ToArray(), config.Parameters.Where(spec => !linear.Contains(spec.Name)).ToArray());
        var quantized = linear.Count == 0 ? null : new Nf4Weights(dtype == ScalarType.BFloat16 || dtype == ScalarType.Float16 && device.type != TorchSharp.DeviceType.CPU ? dtype : ScalarType.Float32);
        var parameters = ParameterSet.Allocate(plain, device, dtype, quantized);
        try
        {
            foreach (var parameter in parameters.All)
            {
                Fill(parameter, stored.Contains(parameter.Name));
                passed(parameter.Value.numel());
            }

            if (quantized is not null) Quantize(small, quantized, stored);
            return parameters;
        }
        catch
        {
            parameters.Dispose();
            throw;
        }
    }

    private void Fill(NamedParameter parameter, bool isIn4Bit)
    {
        if (isIn4Bit) BitsAndBytesFile.ReadPlain(weights, source[parameter.Name], parameter.Value);
        else weights.CopyTo(source[parameter.Name], parameter.Value);
    }

    private void Quantize(IReadOnlyList<ParameterSpec> specs, Nf4Weights quantized, HashSet<string> stored)
    {
        using var scope = NewDisposeScope();
        var staging = stored.Count > 0 ? null : empty(specs.Max(spec => spec.Elements), dtype);
        foreach (var spec in specs)
        {
            using var weightScope = NewDisposeScope();
            var weight = staging is null
                ? BitsAndBytesFile.Read(weights, source[spec.Name], spec.Shape, quantized.Scratch)
                : Quantize(spec, staging.narrow(0, 0, spec.Elements).view(spec.Shape), quantized.Scratch);
            quantized.Add(spec.Name, weight.To(device));
            passed(spec.Elements);
        }
    }

    private Nf4Weight Quantize(ParameterSpec spec, Tensor staged, Nf4Scratch scratch)
    {
        // Rounded to the model's type first, as in the original.
        weights.CopyTo(source[spec.Name], staged);
        try
        {
            return Nf4Weight.Quantize(staged, scratch);
        }
        catch (ArgumentException)
        {
            throw new UserError($"Tensor {source[spec.Name]} has numbers that are not finite, so it cannot be quantized. The model is damaged; copy it again.");
        }
    }
}
