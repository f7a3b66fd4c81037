using Unmask.Engine.Modeling.Adapters.Planning;
using Unmask.Engine.Modeling.Blocks;
using Unmask.Engine.Modeling.Checkpoints.Safetensors;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Adapters;

/// <summary>
/// The tensors of an adapter: A [R, in] and B [out, R] of each adapted layer, magnitudes and rows of tokens, float32 whatever the base is; and parameters of the model that it
/// brings, which are the model's own tensors once it hangs on one.
/// </summary>
public sealed partial class LoraAdapter : IDisposable
{
    private readonly ParameterSet _own;
    private readonly Dictionary<string, Tensor> _saved;
    private readonly List<Tensor> _constants = [];
    private readonly bool _isFresh;
    private IReadOnlyList<NamedParameter>? _parameters;
    private bool _hangs;

    private LoraAdapter(AdapterPlan plan, ParameterSet own, Dictionary<string, Tensor> saved, bool isFresh) => (Plan, _own, _saved, _isFresh) = (plan, own, saved, isFresh);

    /// <summary>The same tensors under a plan with other settings for training; they must lie on the same layers.</summary>
    public LoraAdapter With(AdapterPlan plan) => new(plan, _own, _saved, _isFresh);

    public AdapterPlan Plan { get; }

    /// <summary>
    /// All tensors that are trained under the names that peft's files have for them, leaves that require grad. A fresh adapter has the parameters of the model among them
    /// when it hangs on one.
    /// </summary>
    public IReadOnlyList<NamedParameter> Parameters => _parameters ??=
        [.. _own.All, .. Plan.Saved.Where(saved => saved.Trained && _saved.ContainsKey(saved.Parameter)).Select(saved => new NamedParameter(FileName(saved, saved.Names[0]), _saved[saved.Parameter]))];

    /// <summary>An adapter that changes nothing yet: A drawn from U(-1/sqrt(in), 1/sqrt(in)), B zero; of embeddings A zero and B drawn from N(0, 1).</summary>
    /// <param name="plan">Its layout.</param>
    /// <param name="seed">Equal seeds give equal tensors.</param>
    /// <param name="device">Where to.</param>
    /// <param name="baseType">Type of the base: as in peft, A is rounded to it once.</param>
    public static LoraAdapter Fresh(AdapterPlan plan, ulong seed, Device device, ScalarType baseType)
    {
        var specs = Specs(plan);
        var adapter = new LoraAdapter(plan, ParameterSet.Allocate(specs, device, ScalarType.Float32), new(StringComparer.Ordinal), isFresh: true);
        using var noGrad = no_grad();
        foreach (var spec in specs)
        {
            using var rounded = empty(spec.Shape, dtype: baseType);
            spec.Initialization.Fill(rounded, spec.Name, seed);
            adapter._own[spec.Name].copy_(rounded);
        }

        return adapter;
    }

    /// <summary>An adapter from the tensors of a file, whose names and shapes were checked.</summary>
    internal static LoraAdapter Read(AdapterPlan plan, AdapterTensors file, Device device)
    {
        var adapter = new LoraAdapter(plan, ParameterSet.Allocate(Specs(plan), device, ScalarType.Float32), new(StringComparer.Ordinal), isFresh: false);
        try
        {
            foreach (var saved in plan.Saved.Where(saved => Stored(saved, file) is not null)) adapter._saved.Add(saved.Parameter, empty(saved.Shape, ScalarType.Float32).DetachFromDisposeScope());
            adapter.Fill(file);
            return adapter;
        }
        catch
        {
            adapter.Dispose();
            throw;
        }
    }

    /// <summary>Puts what a file holds into the tensors.</summary>
    internal void Fill(AdapterTensors file)
    {
        foreach (var (name, value) in _own.All) file.CopyTo(name, value);
        foreach (var saved in Plan.Saved.Where(saved => _saved.ContainsKey(saved.Parameter)))
        {
            if (Stored(saved, file) is { } name) file.CopyTo(name, _saved[saved.Parameter]);
        }
    }

    /// <summary>All tensors as its file holds them: what the original has under two names is there twice.</summary>
    internal IReadOnlyList<NamedTensor> ForFile() =>
    [
        .. _own.All.Select(parameter => new NamedTensor(parameter.Name, parameter.Value)),
        .. Plan.Saved.Where(saved => _saved.ContainsKey(saved.Parameter)).SelectMany(saved => saved.Names.Select(name => new NamedTensor(FileName(saved, name), _saved[saved.Parameter]))),
    ];

    public void Dispose()
    {
        _own.Dispose();
        foreach (var constant in _constants) constant.Dispose();
        if (_hangs) return;
        foreach (var value in _saved.Values) value.Dispose();
    }

    /// <summary>Names and shapes of the tensors of <paramref name="plan"/> that are no parameters of the model.</summary>
    internal static IReadOnlyList<ParameterSpec> Specs(AdapterPlan plan)
    {
        var specs = new List<ParameterSpec>();
        foreach (var layer in plan.Layers)
        {
            var isTable = layer.Kind == AdaptedKind.Table;
            specs.Add(new ParameterSpec(layer.Down, [layer.Rank, layer.Shape.In], isTable ? Initialization.Zeros : new Initialization.Uniform(1 / Math.Sqrt(layer.Shape.In))));
            specs.Add(new ParameterSpec(layer.Up, [layer.Shape.Out, layer.Rank], isTable ? new Initialization.Normal(1) : Initialization.Zeros));
            if (layer.HasUpBias) specs.Add(new ParameterSpec(layer.UpBias, [layer.Shape.Out], Initialization.Zeros));
            if (layer.Dora) specs.Add(new ParameterSpec(layer.Magnitude, [layer.Shape.Out], Initialization.Ones));
        }

        specs.AddRange(plan.Tokens.Select(tokens => new ParameterSpec(tokens.Rows, [tokens.Ids.Count, tokens.Width], Initialization.Zeros)));
        return specs;
    }

    /// <summary>What a file calls a parameter of the model: the weight and bias of an adapted layer lie inside it.</summary>
    internal static string FileName(AdapterPlan plan, string name)
    {
        var path = name[..name.LastIndexOf('.')];
        return AdaptedLayer.Prefix + (plan.Layers.Any(layer => layer.Path == path) ? $"{path}.base_layer{name[path.Length..]}" : name);
    }

    private string FileName(SavedParameter saved, string name) => FileName(Plan, name);

    /// <summary>The name under which a file has a parameter: of two that of the module that uses it.</summary>
    internal static string? Stored(SavedParameter saved, AdapterTensors file) => saved.Names.Reverse().Select(name => AdaptedLayer.Prefix + name).FirstOrDefault(file.Contains);

    private Tensor Down(AdaptedLayer layer) => _own[layer.Down];

    private Tensor Up(AdaptedLayer layer) => _own[layer.Up];
}
