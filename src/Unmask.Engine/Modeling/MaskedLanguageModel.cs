using Unmask.Engine.Modeling.Blocks;
using Unmask.Engine.Modeling.Quantization;
using Unmask.Engine.Modeling.Regularization;
using Unmask.Engine.Modeling.Sequences;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling;

/// <summary>
/// A bidirectional language model in two calls: <see cref="Encode"/> gives hidden states for every token,
/// <see cref="Head"/> logits for the rows it is handed. No [B, L, V] tensor is ever needed.
/// Dimensions: N packed tokens, D width, S scored rows, V vocabulary.
/// </summary>
public abstract class MaskedLanguageModel : IDisposable
{
    /// <summary>Every tensor of the model itself but those in 4 bits, leaves, in the order of the original's state dict. They require grad unless <see cref="Freeze"/> took that away.</summary>
    public abstract IReadOnlyList<NamedParameter> Parameters { get; }

    /// <summary>The linear layers that adapters can hang on: all but the output embedding.</summary>
    public virtual IReadOnlyList<Linear> Linears => [];

    /// <summary>The embedding tables, which adapters can hang on, too.</summary>
    public virtual IReadOnlyList<EmbeddingTable> Tables => [];

    /// <summary>The output head, likewise; null where a model has none of its own.</summary>
    public virtual Linear? OutputHead => null;

    /// <summary>Weights of linear layers that are held in 4 bits and cannot be trained, which <see cref="Parameters"/> does not have; null where there are none.</summary>
    public virtual Nf4Weights? Quantized => null;

    /// <summary>Rows of the embedding table.</summary>
    public abstract int VocabularySize { get; }

    /// <summary>Longest sequence the model can take, or null where nothing bounds it.</summary>
    public abstract int? MaximumLength { get; }

    /// <summary>Whether <see cref="PackedSequences.Blind"/> tokens may be given; what comes out for them depends on the token alone.</summary>
    public virtual bool TakesBlindTokens => false;

    /// <summary>True while training: dropout is applied, for which the tokens need names (<see cref="PackedSequences.DropoutKeys_N"/>).</summary>
    public bool Training { get; set; }

    /// <summary>True to keep the activations of one layer at a time and compute the others again in the backward pass.</summary>
    public bool ActivationCheckpointing { get; set; }

    public Device Device => Parameters[0].Value.device;

    public ScalarType Dtype => Parameters[0].Value.dtype;

    /// <summary>Hidden states [N, D] after the last layer, ready for <see cref="Head"/>.</summary>
    /// <param name="layers">When given, receives embeddings and each layer's output, as the original reports them.</param>
    public abstract Tensor Encode(PackedSequences input, List<Tensor>? layers = null);

    /// <summary>Logits [S, V] of hidden rows [S, D].</summary>
    /// <param name="dropoutKeys_S">Names of the tokens whose rows these are; needed in training where adapters with dropout hang on the head.</param>
    public abstract Tensor Head(Tensor hidden_SD, TokenKey[]? dropoutKeys_S = null);

    private protected DropoutKeys Keys(TokenKey[]? tokens_N) => new(Training, tokens_N);

    /// <summary>A layer's output; with <see cref="ActivationCheckpointing"/> in training, without keeping what lies between.</summary>
    private protected Tensor Checkpointed(Tensor hidden_ND, Func<Tensor, Tensor> layer) =>
        ActivationCheckpointing && Training && is_grad_enabled() ? ActivationCheckpoint.Run(hidden_ND, layer) : layer(hidden_ND);

    /// <summary>Takes the model's own parameters out of training; what is hung on its layers can still be trained.</summary>
    public void Freeze()
    {
        foreach (var parameter in Parameters) parameter.Value.requires_grad_(false);
    }

    public void Dispose()
    {
        foreach (var parameter in Parameters) parameter.Value.Dispose();
        Quantized?.Dispose();
        GC.SuppressFinalize(this);
    }
}
