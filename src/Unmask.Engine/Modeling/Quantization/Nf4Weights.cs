using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Quantization;

/// <summary>The weights of a model that are held in 4 bits, by name. They share the memory that they are unpacked into.</summary>
/// <param name="computeDtype">Type in which their products are computed: float32, bfloat16, or on GPUs float16.</param>
public sealed class Nf4Weights(ScalarType computeDtype) : IDisposable
{
    private readonly Dictionary<string, Nf4Weight> byName = new(StringComparer.Ordinal);

    /// <summary>In the order in which they were added.</summary>
    public IReadOnlyDictionary<string, Nf4Weight> ByName => byName;

    public ScalarType ComputeDtype => computeDtype;

    /// <summary>Bytes that they take together.</summary>
    public long Bytes => byName.Values.Sum(weight => weight.Bytes);

    internal Nf4Scratch Scratch { get; } = new(computeDtype);

    internal void Add(string name, Nf4Weight weight) => byName.Add(name, weight);

    public void Dispose()
    {
        foreach (var weight in byName.Values) weight.Dispose();
        Scratch.Dispose();
    }
}
