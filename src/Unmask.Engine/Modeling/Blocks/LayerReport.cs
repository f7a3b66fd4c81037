using Unmask.Engine.Modeling.Sequences;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Blocks;

/// <summary>Hands hidden states to a caller who asked for them, in the caller's order and out of the running dispose scope.</summary>
internal readonly struct LayerReport(List<Tensor>? layers, PackedOrder packed)
{
    /// <summary>Reports <paramref name="hidden_ND"/> and returns it.</summary>
    public Tensor Take(Tensor hidden_ND)
    {
        // A tensor of its own: the model disposes the one it works on.
        layers?.Add(packed.Restore(hidden_ND.alias()).MoveToOuterDisposeScope());
        return hidden_ND;
    }
}
