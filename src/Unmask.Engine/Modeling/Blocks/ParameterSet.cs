using Unmask.Engine.Modeling.Quantization;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Blocks;

/// <summary>A parameter under the name it has in Hugging Face files; tied parameters are listed once.</summary>
public sealed record NamedParameter(string Name, Tensor Value);

/// <summary>The tensors of a model by name. They are leaves that require grad and belong to no dispose scope.</summary>
public sealed class ParameterSet : IDisposable
{
    private readonly Dictionary<string, Tensor> byName = new(StringComparer.Ordinal);
    private readonly List<Linear> linears = [];
    private readonly List<EmbeddingTable> tables = [];

    private ParameterSet(IReadOnlyList<NamedParameter> all, Nf4Weights? quantized)
    {
        (All, Quantized) = (all, quantized);
        foreach (var parameter in all) byName.Add(parameter.Name, parameter.Value);
    }

    /// <summary>In the order of the specification.</summary>
    public IReadOnlyList<NamedParameter> All { get; }

    /// <summary>Weights that are held in 4 bits instead, under names that <see cref="All"/> does not have; null where there are none.</summary>
    public Nf4Weights? Quantized { get; }

    /// <summary>The linear layers that a model built over this set, in the order it built them.</summary>
    public IReadOnlyList<Linear> Linears => linears;

    /// <summary>The embedding tables that a model built over this set, in the order it built them.</summary>
    public IReadOnlyList<EmbeddingTable> Tables => tables;

    /// <summary>The output head of a model built over this set.</summary>
    public Linear? Head { get; internal set; }

    public Tensor this[string name] => byName[name];

    /// <summary>The tensor of that name, or null where the architecture leaves it out.</summary>
    public Tensor? Find(string name) => byName.GetValueOrDefault(name);

    internal void Add(Linear linear) => linears.Add(linear);

    internal void Add(EmbeddingTable table) => tables.Add(table);

    /// <summary>Reserves memory for every parameter without filling it.</summary>
    /// <param name="specs">The parameters, without those in 4 bits.</param>
    /// <param name="device">Where to.</param>
    /// <param name="dtype">Their type.</param>
    /// <param name="quantized">Weights in 4 bits, which the set takes over; they may still be added to it before a model is built.</param>
    public static ParameterSet Allocate(IReadOnlyList<ParameterSpec> specs, Device device, ScalarType dtype, Nf4Weights? quantized = null)
    {
        var all = new List<NamedParameter>(specs.Count);
        foreach (var spec in specs)
        {
            var value = empty(spec.Shape, dtype: dtype, device: device, requires_grad: true).DetachFromDisposeScope();
            all.Add(new NamedParameter(spec.Name, value));
        }

        return new ParameterSet(all, quantized);
    }

    public void Dispose()
    {
        foreach (var parameter in All) parameter.Value.Dispose();
        Quantized?.Dispose();
    }
}
