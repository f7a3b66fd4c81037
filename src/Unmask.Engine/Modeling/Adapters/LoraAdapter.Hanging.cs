using Unmask.Engine.Modeling.Adapters.Planning;
using Unmask.Engine.Modeling.Blocks;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Adapters;

public sealed partial class LoraAdapter
{
    /// <summary>
    /// Hangs the branches on the model's layers and puts its own parameters into the model. The adapter must outlive the model's use; what hung there before is replaced.
    /// </summary>
    /// <param name="model">The base as <see cref="AdapterPlan.Fitted"/> gives it.</param>
    /// <param name="staysAsItIs">Whether the adapter is not trained: what follows from its numbers alone is computed once.</param>
    public void HangOn(MaskedLanguageModel model, bool staysAsItIs = false)
    {
        Plan.Settings.Start.RequirePlain(model.Quantized is not null, "adapter_config.json");
        var linears = model.Linears.ToDictionary(linear => linear.Path, StringComparer.Ordinal);
        var tables = model.Tables.ToDictionary(table => table.Path, StringComparer.Ordinal);
        Bring(model);
        foreach (var layer in Plan.Layers.Where(layer => layer.Kind != AdaptedKind.Table))
        {
            var linear = layer.Kind == AdaptedKind.Head ? model.OutputHead! : linears[layer.Path];
            if (Plan.Settings.Start.ChangesBase) Plan.Settings.Start.TakeFrom(linear.PlainWeight_OI!, layer.Rank, layer.Scale);
            linear.Branch = new LowRankBranch(layer.Path, Down(layer), Up(layer), layer.Scale, Plan.Settings.Dropout)
            {
                UpBias_O = layer.HasUpBias ? _own[layer.UpBias] : null,
                Magnitude = Magnitude(layer, () => linear.RowNorms(Down(layer), Up(layer), layer.Scale), staysAsItIs),
            };
        }

        foreach (var layer in Plan.Layers.Where(layer => layer.Kind == AdaptedKind.Table))
        {
            var table = tables[layer.Path];
            table.Branch = new EmbeddingBranch(Down(layer), Up(layer), layer.Scale)
            {
                Magnitude = Magnitude(layer, () => WeightMagnitude.RowNorms(table.Weight_VD.t(), Down(layer), Up(layer), layer.Scale), staysAsItIs),
            };
            // Turned round, A of the table is B of a head that shares it.
            if (layer == Plan.SharedWithHead) model.OutputHead!.Branch = new LowRankBranch(model.OutputHead.Path, Turned(Up(layer)), Turned(Down(layer)), layer.Scale, Plan.Settings.Dropout);
        }

        foreach (var tokens in Plan.Tokens) Hang(tokens, model, tables);
    }

    /// <summary>Puts parameters that the adapter brings into the model, whose tensors they are from now on.</summary>
    private void Bring(MaskedLanguageModel model)
    {
        using var quiet = no_grad();
        var values = model.Parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Value, StringComparer.Ordinal);
        foreach (var saved in Plan.Saved)
        {
            var target = values[saved.Parameter];
            if (!_hangs && _saved.TryGetValue(saved.Parameter, out var brought))
            {
                target.copy_(brought);
                brought.Dispose();
            }

            _saved[saved.Parameter] = target;
            if (saved.Trained) target.requires_grad_(true);
        }

        (_hangs, _parameters) = (true, null);
    }

    private Tensor Turned(Tensor factor)
    {
        _constants.Add(factor.t().DetachFromDisposeScope());
        return _constants[^1];
    }

    /// <summary>The magnitudes of a layer; of a fresh adapter they begin as what they are measured against, so that nothing changes yet.</summary>
    private WeightMagnitude? Magnitude(AdaptedLayer layer, Func<Tensor> norm, bool staysAsItIs)
    {
        if (!layer.Dora) return null;
        var length = _own[layer.Magnitude];
        if (_isFresh)
        {
            using var quiet = no_grad();
            using var begin = norm();
            length.copy_(begin);
        }

        if (!staysAsItIs) return new WeightMagnitude(length, norm);
        var known = norm().DetachFromDisposeScope();
        _constants.Add(known);
        return new WeightMagnitude(length, () => known);
    }

    private void Hang(SavedTokens tokens, MaskedLanguageModel model, Dictionary<string, EmbeddingTable> tables)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var rows = _own[tokens.Rows];
        var ids = tensor(tokens.Ids.ToArray(), ScalarType.Int64, rows.device);
        var slots = full([model.VocabularySize], -1, ScalarType.Int64, rows.device).index_copy(0, ids, arange(tokens.Ids.Count, ScalarType.Int64, rows.device));
        var table = tokens.InTable ? tables[tokens.Path] : null;
        if (_isFresh) rows.copy_((table?.Weight_VD ?? model.OutputHead!.PlainWeight_OI!).index_select(0, ids));
        _constants.AddRange([ids.DetachFromDisposeScope(), slots.DetachFromDisposeScope()]);
        var own = new TokenRows(ids, slots, rows);
        if (table is not null) table.Rows = own;
        if (tokens.InHead) model.OutputHead!.Rows = own;
    }
}
