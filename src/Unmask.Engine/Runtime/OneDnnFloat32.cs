using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using TorchSharp;
using Unmask.Engine.Tensors;

namespace Unmask.Engine.Runtime;

/// <summary>
/// Sends float32 matrix products to oneDNN, whose kernels are about twice as fast as MKL's on processors that MKL does not favor.
/// LibTorch offers the route only as "bf16 precision"; without AMX units oneDNN answers with its true float32 kernel.
/// So: never where AMX exists, and kept only if a product measured against float64 is exact.
/// </summary>
internal static unsafe class OneDnnFloat32
{
    private const int BackendMkldnn = 2;
    private const int OperationMatmul = 3;
    private const int PrecisionNone = 0;
    private const int PrecisionBf16 = 3;

    /// <summary>Largest relative error of a product that still counts as float32.</summary>
    public const double Tolerance = 1e-5;

    /// <summary>Set to 0 to leave matrix products where LibTorch puts them (for comparison).</summary>
    public const string Switch = "UNMASK_ONEDNN_F32";

    /// <summary>Turns the route on where it is exact. Gives whether it is on, and why (not).</summary>
    public static (bool On, string Reason, double? Error) TryEnable()
    {
        if (Environment.GetEnvironmentVariable(Switch) == "0") return (false, $"switched off by {Switch}=0", null);
        if (!OperatingSystem.IsLinux() || !X86Base.IsSupported) return (false, "supported on Linux with x86-64 CPUs only", null);
        if (HasAmx()) return (false, "this CPU has AMX units, on which the route would round to bf16", null);
        if (!Avx512F.IsSupported) return (false, "this CPU has no AVX-512, so MKL's kernels are as good", null);
        if (FindSetter() is not { } set) return (false, "this LibTorch does not export the setting", null);

        set(BackendMkldnn, OperationMatmul, PrecisionBf16);
        var error = MatrixProduct.Float32Error();
        if (error <= Tolerance) return (true, "oneDNN computes true float32 on this CPU", error);
        set(BackendMkldnn, OperationMatmul, PrecisionNone);
        return (false, $"its relative error of {error:E1} is above {Tolerance:E0}", error);
    }

    private static bool HasAmx()
    {
        var (_, _, _, edx) = X86Base.CpuId(7, 0);
        return (edx & ((1 << 22) | (1 << 24))) != 0;
    }

    private static Action<int, int, int>? FindSetter()
    {
        if (!NativeLibrary.TryLoad("libtorch_cpu.so", typeof(torch).Assembly, null, out var library)
            || !NativeLibrary.TryGetExport(library, "_ZN2at13globalContextEv", out var context)
            || !NativeLibrary.TryGetExport(library, "_ZN2at7Context19setFloat32PrecisionENS_14Float32BackendENS_9Float32OpENS_16Float32PrecisionE", out var setter)) return null;
        var instance = ((delegate* unmanaged<nint>)context)();
        return (backend, operation, precision) => ((delegate* unmanaged<nint, int, int, int, void>)setter)(instance, backend, operation, precision);
    }
}
