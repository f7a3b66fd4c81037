using Unmask.Engine.Models.Common;

using static TorchSharp.torch;

namespace Unmask.Engine.Models;

/// <summary>The tensors of a model by name. They are leaves that require grad and belong to no dispose scope.</summary>
public sealed class ParameterSet : IDisposable
{
    private readonly Dictionary<string, Tensor> byName = new(StringComparer.Ordinal);
    private readonly List<Linear> linears = [];

    private ParameterSet(IReadOnlyList<NamedParameter> all)
    {
        All = all;
        foreach (var parameter in all) byName.Add(parameter.Name, parameter.Value);
    }

    /// <summary>In the order of the specification.</summary>
    public IReadOnlyList<NamedParameter> All { get; }

    /// <summary>The linear layers that a model built over this set, in the order it built them.</summary>
    public IReadOnlyList<Linear> Linears => linears;

    public Tensor this[string name] => byName[name];

    /// <summary>The tensor of that name, or null where the architecture leaves it out.</summary>
    public Tensor? Find(string name) => byName.GetValueOrDefault(name);

    internal void Add(Linear linear) => linears.Add(linear);

    /// <summary>Reserves memory for every parameter without filling it.</summary>
    public static ParameterSet Allocate(IReadOnlyList<ParameterSpec> specs, Device device, ScalarType dtype)
    {
        var all = new List<NamedParameter>(specs.Count);
        foreach (var spec in specs)
        {
            var value = empty(spec.Shape, dtype: dtype, device: device, requires_grad: true).DetachFromDisposeScope();
            all.Add(new NamedParameter(spec.Name, value));
        }

        return new ParameterSet(all);
    }

    public void Dispose()
    {
        foreach (var parameter in All) parameter.Value.Dispose();
    }
}
