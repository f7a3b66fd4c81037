using static TorchSharp.torch;

namespace Unmask.Engine.Native;

/// <summary>
/// Gradients that a backward function of ours returns. LibTorch holds them from then on; our own hold would keep every one of them until the scope of
/// the whole step ends, so it ends when the next one is handed over.
/// </summary>
internal static class HandedOver
{
    [ThreadStatic]
    private static Tensor? last;

    /// <summary>Returns <paramref name="gradient"/>, taken out of every dispose scope.</summary>
    public static Tensor Gradient(Tensor gradient)
    {
        last?.Dispose();
        return last = gradient.DetachFromDisposeScope();
    }
}
