using static TorchSharp.torch;

namespace Unmask.Engine.Tensors;

/// <summary>
/// Gradients that a backward function of ours returns. LibTorch holds them from then on; our own hold would keep every one of them until the scope of
/// the whole step ends, so it ends when the next ones are handed over.
/// </summary>
internal static class HandedOver
{
    [ThreadStatic]
    private static List<Tensor>? last;

    /// <summary>Returns <paramref name="gradient"/>, taken out of every dispose scope.</summary>
    public static Tensor Gradient(Tensor gradient) => Gradients(gradient)[0];

    /// <summary>Returns the gradients of the inputs of a function, taken out of every dispose scope; null for an input that gets none.</summary>
    public static List<Tensor> Gradients(params List<Tensor?> gradients)
    {
        foreach (var gradient in last ?? []) gradient.Dispose();
        last = [.. gradients.OfType<Tensor>().Select(gradient => gradient.DetachFromDisposeScope())];
        return gradients!;
    }
}
