using System.Runtime.InteropServices;
using System.Text;
using TorchSharp;
using Unmask.Core.Parameters.Validation;

using static TorchSharp.torch;

namespace Unmask.Engine.Runtime;

/// <summary>What NVIDIA's management library (NVML, which comes with the driver) tells of a GPU; LibTorch's binding tells none of it.</summary>
public static partial class NvidiaDevice
{
    private const string Library = "libnvidia-ml.so.1";
    private const int Success = 0;
    private const int InsufficientSize = 7;

    /// <summary>First compute capability with bfloat16 arithmetic (Ampere).</summary>
    private const int Bfloat16Major = 8;

    private const int LongestName = 96;

#if CUDA
    private const int MostDevices = 64;
#endif

    [StructLayout(LayoutKind.Sequential)]
    private struct MemoryInfo
    {
        public ulong Total;
        public ulong Free;
        public ulong Used;
    }

    /// <summary>The GPU with that number as CUDA counts; null where the library is not there, or the devices are renumbered by something else than numbers.</summary>
    public static GpuFacts? Find(int number)
    {
        try
        {
            if (PhysicalNumber(number) is not { } physical || Initialize() != Success) return null;
            if (GetHandle((uint)physical, out var device) != Success || GetMemory(device, out var memory) != Success || GetCapability(device, out var major, out _) != Success) return null;
            uint processes = 0;
            var status = GetProcesses(device, ref processes, 0);
            return new GpuFacts(number, (long)memory.Total, (long)memory.Free, status is Success or InsufficientSize ? (int)processes : 0, major >= Bfloat16Major) { Name = NameOf(device) };
        }
        catch (Exception error) when (error is DllNotFoundException or EntryPointNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Whether a device computes in bfloat16; what nobody tells of is taken to.</summary>
    public static bool ComputesBfloat16(Device device) => device.type == DeviceType.CPU || Find(device.index) is not { } gpu || gpu.Bfloat16;

    /// <summary>Numbers of the GPUs that this program can use, without loading LibTorch: none in a build without CUDA.</summary>
    public static IReadOnlyList<int> Usable()
    {
#if CUDA
        return [.. Enumerable.Range(0, MostDevices).TakeWhile(number => Find(number) is not null)];
#else
        return [];
#endif
    }

    private static string? NameOf(nint device)
    {
        Span<byte> name = stackalloc byte[LongestName];
        return GetName(device, name, LongestName) == Success ? Encoding.UTF8.GetString(name[..name.IndexOf((byte)0)]) : null;
    }

    /// <summary>CUDA_VISIBLE_DEVICES renumbers the devices for CUDA, not for this library.</summary>
    private static int? PhysicalNumber(int number)
    {
        if (Environment.GetEnvironmentVariable("CUDA_VISIBLE_DEVICES") is not { Length: > 0 } visible) return number;
        var names = visible.Split(',', StringSplitOptions.TrimEntries);
        return number < names.Length && int.TryParse(names[number], out var physical) ? physical : null;
    }

    [LibraryImport(Library, EntryPoint = "nvmlInit_v2")]
    private static partial int Initialize();

    [LibraryImport(Library, EntryPoint = "nvmlDeviceGetHandleByIndex_v2")]
    private static partial int GetHandle(uint index, out nint device);

    [LibraryImport(Library, EntryPoint = "nvmlDeviceGetMemoryInfo")]
    private static partial int GetMemory(nint device, out MemoryInfo memory);

    [LibraryImport(Library, EntryPoint = "nvmlDeviceGetName")]
    private static partial int GetName(nint device, Span<byte> name, uint length);

    [LibraryImport(Library, EntryPoint = "nvmlDeviceGetCudaComputeCapability")]
    private static partial int GetCapability(nint device, out int major, out int minor);

    /// <summary>With no room for an answer it counts, and says that there was no room.</summary>
    [LibraryImport(Library, EntryPoint = "nvmlDeviceGetComputeRunningProcesses_v3")]
    private static partial int GetProcesses(nint device, ref uint count, nint infos);
}
