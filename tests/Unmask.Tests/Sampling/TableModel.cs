using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Blocks;
using Unmask.Engine.Modeling.Sequences;
using static TorchSharp.torch;

namespace Unmask.Tests.Sampling;

/// <summary>Logits that depend on the position alone, from a table [L, V]: what a sampler writes can be told by hand.</summary>
internal sealed class TableModel : MaskedLanguageModel
{
    private readonly Tensor _table_LV;

    public TableModel(float[,] logits)
    {
        _table_LV = tensor(logits).DetachFromDisposeScope();
        Parameters = [new("table", _table_LV)];
        VocabularySize = logits.GetLength(1);
        MaximumLength = logits.GetLength(0);
    }

    public override IReadOnlyList<NamedParameter> Parameters { get; }

    public override int VocabularySize { get; }

    public override int? MaximumLength { get; }

    /// <summary>Tokens encoded so far.</summary>
    public int Encoded { get; private set; }

    public override Tensor Encode(PackedSequences input, List<Tensor>? layers = null)
    {
        Encoded += input.Lengths.Sum();
        return cat([.. input.Lengths.Select(length => arange(length))], 0);
    }

    public override Tensor Head(Tensor hidden_SD, TokenKey[]? dropoutKeys_S = null) => _table_LV.index_select(0, hidden_SD);
}
