using Unmask.Engine.Models;
using Unmask.Engine.Models.Common;
using Unmask.Engine.Weights;

using static TorchSharp.torch;

namespace Unmask.Engine.Adapters;

/// <summary>The tensors of an adapter: A [R, in] and B [out, R] of each adapted layer, float32 whatever the base is.</summary>
public sealed class LoraAdapter : IDisposable
{
    private readonly ParameterSet _parameters;

    private LoraAdapter(AdapterPlan plan, ParameterSet parameters) => (Plan, _parameters) = (plan, parameters);

    /// <summary>The same tensors under a plan with other settings for training; they must lie on the same layers.</summary>
    public LoraAdapter With(AdapterPlan plan) => new(plan, _parameters);

    public AdapterPlan Plan { get; }

    /// <summary>All tensors under the names that peft's files have for them, leaves that require grad.</summary>
    public IReadOnlyList<NamedParameter> Parameters => _parameters.All;

    /// <summary>An adapter that changes nothing yet: A drawn from U(-1/sqrt(in), 1/sqrt(in)), B zero.</summary>
    /// <param name="plan">Its layout.</param>
    /// <param name="seed">Equal seeds give equal tensors.</param>
    /// <param name="device">Where to.</param>
    /// <param name="baseType">Type of the base: as in peft, A is rounded to it once.</param>
    public static LoraAdapter Fresh(AdapterPlan plan, ulong seed, Device device, ScalarType baseType)
    {
        var specs = Specs(plan);
        var adapter = new LoraAdapter(plan, ParameterSet.Allocate(specs, device, ScalarType.Float32));
        using var noGrad = no_grad();
        foreach (var spec in specs)
        {
            using var rounded = empty(spec.Shape, dtype: baseType);
            spec.Initialisation.Fill(rounded, spec.Name, seed);
            adapter._parameters[spec.Name].copy_(rounded);
        }

        return adapter;
    }

    /// <summary>An adapter from the tensors of a file, whose names and shapes were checked.</summary>
    internal static LoraAdapter Read(AdapterPlan plan, SafetensorsFile file, Device device)
    {
        var adapter = new LoraAdapter(plan, ParameterSet.Allocate(Specs(plan), device, ScalarType.Float32));
        try
        {
            foreach (var (name, value) in adapter.Parameters) file.CopyTo(name, value);
            return adapter;
        }
        catch
        {
            adapter.Dispose();
            throw;
        }
    }

    /// <summary>Hangs the branches on the model's layers. The adapter must outlive the model's use; what hung there before is replaced.</summary>
    public void HangOn(MaskedLanguageModel model)
    {
        var linears = model.Linears.ToDictionary(linear => linear.Path, StringComparer.Ordinal);
        foreach (var layer in Plan.Layers) linears[layer.Path].Branch = new LowRankBranch(layer.Path, Down(layer), Up(layer), layer.Scale, Plan.Settings.Dropout);
    }

    /// <summary>Adds the branch of a layer to its weight: W += s * B A.</summary>
    /// <param name="parameter">Name of a parameter; those that are no weight of an adapted layer are left alone.</param>
    /// <param name="weight_OI">Its values in float32, on the host.</param>
    public void AddTo(string parameter, Tensor weight_OI)
    {
        if (Plan.Layers.FirstOrDefault(layer => parameter == $"{layer.Path}.weight") is not { } layer) return;
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        weight_OI.addmm_(Up(layer).cpu(), Down(layer).cpu(), beta: 1, alpha: (float)layer.Scale);
    }

    public void Dispose() => _parameters.Dispose();

    /// <summary>Names and shapes of the tensors of <paramref name="plan"/>.</summary>
    internal static IReadOnlyList<ParameterSpec> Specs(AdapterPlan plan) =>
    [
        .. plan.Layers.SelectMany(layer => new[]
        {
            new ParameterSpec(DownName(layer), [layer.Rank, layer.Shape.In], new Initialisation.Uniform(1 / Math.Sqrt(layer.Shape.In))),
            new ParameterSpec(UpName(layer), [layer.Shape.Out, layer.Rank], Initialisation.Zeros),
        }),
    ];

    private Tensor Down(AdaptedLayer layer) => _parameters[DownName(layer)];

    private Tensor Up(AdaptedLayer layer) => _parameters[UpName(layer)];

    private static string DownName(AdaptedLayer layer) => $"base_model.model.{layer.Path}.lora_A.weight";

    private static string UpName(AdaptedLayer layer) => $"base_model.model.{layer.Path}.lora_B.weight";
}
