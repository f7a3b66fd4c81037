using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Blocks;
using Unmask.Engine.Modeling.Sequences;
using static TorchSharp.torch;

namespace Unmask.Tests.Diffusion;

/// <summary>A model small enough to write its loss twice: tied embedding, one mixing matrix, the mean of the sequence as context.</summary>
internal sealed class ToyModel : MaskedLanguageModel
{
    private readonly Tensor _embedding_VD;
    private readonly Tensor _mix_DD;

    public ToyModel(int vocabulary, int width, long seed)
    {
        using var generator = new Generator((ulong)seed);
        _embedding_VD = randn([vocabulary, width], generator: generator).DetachFromDisposeScope().requires_grad_();
        _mix_DD = randn([width, width], generator: generator).DetachFromDisposeScope().requires_grad_();
        Parameters = [new("embedding", _embedding_VD), new("mix", _mix_DD)];
        VocabularySize = vocabulary;
    }

    public override IReadOnlyList<NamedParameter> Parameters { get; }

    public override int VocabularySize { get; }

    public override int? MaximumLength => 64;

    public override Tensor Encode(PackedSequences input, List<Tensor>? layers = null)
    {
        var embedded_ND = _embedding_VD.index_select(0, input.Ids_N);
        var contexts = new List<Tensor>();
        var start = 0L;
        foreach (var length in input.Lengths)
        {
            contexts.Add(embedded_ND.narrow(0, start, length).mean([0L], keepdim: true).expand(length, embedded_ND.shape[1]));
            start += length;
        }

        return (embedded_ND + cat(contexts, 0)).matmul(_mix_DD).tanh();
    }

    public override Tensor Head(Tensor hidden_SD, TokenKey[]? dropoutKeys_S = null) => hidden_SD.matmul(_embedding_VD.t());
}
