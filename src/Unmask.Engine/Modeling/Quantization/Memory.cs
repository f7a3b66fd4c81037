using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Quantization;

/// <summary>The memory of contiguous tensors on the host.</summary>
internal static unsafe class Memory
{
    /// <summary>Valid while the tensor lives.</summary>
    public static Span<T> Span<T>(Tensor tensor) where T : unmanaged => MemoryMarshal.Cast<byte, T>(tensor.bytes);

    /// <summary>For work on other threads, to which a span cannot be handed.</summary>
    public static nint Pointer(Tensor tensor) => (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.bytes));
}
