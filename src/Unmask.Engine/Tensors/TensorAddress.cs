using System.Runtime.InteropServices;

using static TorchSharp.torch;

namespace Unmask.Engine.Tensors;

/// <summary>
/// Where the elements of a tensor lie, on whatever device. TorchSharp tells it for the host only; LibTorch's stable C interface (aoti_torch, LibTorch 2.10) for all, and
/// takes TorchSharp's handles as they are.
/// </summary>
internal static unsafe class TensorAddress
{
    private static readonly Lazy<nint> getDataPointer = new(() =>
        NativeLibrary.GetExport(NativeLibrary.Load("libtorch_cpu.so", typeof(TorchSharp.torch).Assembly, null), "aoti_torch_get_data_ptr"));

    /// <summary>Address of the first element; valid as long as the tensor lives.</summary>
    public static nint Of(Tensor tensor)
    {
        nint address;
        var code = ((delegate* unmanaged<nint, nint*, int>)getDataPointer.Value)(tensor.Handle, &address);
        return code == 0 ? address : throw new InvalidOperationException($"LibTorch does not return the address of a tensor (error {code}).");
    }
}
