using Unmask.Engine.Modeling.Adapters.Planning;
using Unmask.Engine.Modeling.Blocks;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Adapters;

public sealed partial class LoraAdapter
{
    /// <summary>Changes a parameter of the base into what the adapter makes of it: W + s * B A, with magnitudes m * (W + s * B A) / |W + s * B A|; or into its own.</summary>
    /// <param name="parameter">Name of a parameter of the base as <see cref="AdapterPlan.Fitted"/> gives it; those that the adapter does not change are left alone.</param>
    /// <param name="value">Its values in float32, on the host.</param>
    public void AddTo(string parameter, Tensor value)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        if (_saved.TryGetValue(parameter, out var own)) value.copy_(own);
        foreach (var tokens in Plan.Tokens.Where(tokens => parameter == $"{tokens.Path}.weight" || tokens.InTable && tokens.InHead && IsPartedHead(parameter)))
        {
            value.index_copy_(0, tensor(tokens.Ids.ToArray(), ScalarType.Int64), _own[tokens.Rows].cpu());
        }

        foreach (var layer in Plan.Layers)
        {
            if (parameter == $"{layer.Path}.weight" || layer == Plan.SharedWithHead && IsPartedHead(parameter)) AddTo(value, layer);
            if (layer.HasUpBias && BiasOf(layer) == parameter) value.add_(_own[layer.UpBias].cpu(), layer.Scale);
        }
    }

    /// <summary>Refuses what no weight can hold.</summary>
    /// <exception cref="UserError">A layer without bias would need one.</exception>
    internal void RequireMergeable(ModelConfig config)
    {
        var names = config.Parameters.SelectMany(spec => spec.OtherNames.Append(spec.Name)).ToHashSet(StringComparer.Ordinal);
        if (Plan.Layers.FirstOrDefault(layer => layer.HasUpBias && !names.Contains(BiasOf(layer))) is { } layer)
        {
            throw new UserError($"The adapter has a bias of its own on {layer.Path} (lora_bias), and that layer has none to add it to, so they cannot be merged; peft refuses that, too. Use the adapter beside the model.");
        }
    }

    /// <summary>Whether a parameter is the weight that the head has of its own where the adapter parts it from the table.</summary>
    private bool IsPartedHead(string parameter) => Plan.Unties && parameter == $"{Plan.HeadPath}.weight";

    private string BiasOf(AdaptedLayer layer) => Plan.Architecture.BiasOfHead is { } bias && layer.Kind == AdaptedKind.Head ? bias : $"{layer.Path}.bias";

    private void AddTo(Tensor weight, AdaptedLayer layer)
    {
        var isTable = layer.Kind == AdaptedKind.Table;
        var (down, up) = (Down(layer).cpu(), Up(layer).cpu());
        if (!isTable && Plan.Settings.Start.ChangesBase) Plan.Settings.Start.TakeFrom(weight, layer.Rank, layer.Scale);
        var rows_OI = isTable ? weight.t() : weight;
        if (layer.Dora)
        {
            var norm_O = WeightMagnitude.RowNorms(rows_OI, down, up, layer.Scale);
            rows_OI.addmm_(up, down, beta: 1, alpha: (float)layer.Scale).mul_((_own[layer.Magnitude].cpu() / norm_O).unsqueeze(1));
        }
        else
        {
            rows_OI.addmm_(up, down, beta: 1, alpha: (float)layer.Scale);
        }
    }
}
