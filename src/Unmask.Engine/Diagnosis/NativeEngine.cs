using TorchSharp;
using Unmask.Core.Protocol;
using Unmask.Engine.Runtime;
using Unmask.Engine.Tensors;

namespace Unmask.Engine.Diagnosis;

/// <summary>The native engine: whether it loads, how it was set up, and how fast it multiplies.</summary>
public static class NativeEngine
{
    private const string NvidiaDriver = "/proc/driver/nvidia/version";

    /// <summary>Starts the engine. When it does not start, the one finding says why and nothing else is looked at.</summary>
    /// <param name="measure">Whether to measure how fast and how exactly it multiplies.</param>
    public static IEnumerable<HealthCheck> Look(bool measure = true)
    {
        EngineReport report;
        HealthCheck? failed = null;
        try
        {
            report = UnmaskRuntime.Start();
        }
        catch (UserError error)
        {
            report = null!;
            failed = new HealthCheck("engine", HealthState.Fail, "does not start") { Problem = string.Join(" ", error.Problems) };
        }

        if (failed is not null) return [failed];
        HealthCheck[] known = [Libraries(report), Cuda(report), Allocator(report)];
        return measure ? [.. known, Float32Route(report), Products(report)] : known;
    }

    private static HealthCheck Libraries(EngineReport report) => new(
        "engine", HealthState.Ok,
        $"TorchSharp {report.TorchSharpVersion}, LibTorch {report.LibTorchVersion}, {report.Threads} threads; "
            + (report.BridgeMend is { } mend ? $"loaded after a repair: {mend}" : "loaded as shipped") + (report.LibTorchFolder is { } folder ? $"; LibTorch of {folder}" : ""))
    {
        Facts = new Dictionary<string, object?>
        {
            ["torchsharp"] = report.TorchSharpVersion,
            ["libtorch"] = report.LibTorchVersion,
            ["threads"] = report.Threads,
            ["loaded"] = report.BridgeMend is null ? "plain" : "patched",
            ["repair"] = report.BridgeMend,
            ["libtorch_folder"] = report.LibTorchFolder,
        },
    };

    private static HealthCheck Cuda(EngineReport report)
    {
        var driver = File.Exists(NvidiaDriver);
        return HealthCheck.OkOrWarn("cuda",
            report.CudaAvailable ? $"{report.CudaDevices} device{(report.CudaDevices == 1 ? "" : "s")}: {string.Join(", ", CardNames())}"
                : driver ? "driver found, not usable by this build" : "no NVIDIA driver; training runs on the CPU",
            driver && !report.CudaAvailable
                ? "There is an NVIDIA driver, but this build cannot use it; build with -p:TorchBackend=cuda, or set UNMASK_LIBTORCH to the lib folder of a LibTorch 2.10 with CUDA; if one of them was done, bring the driver up to CUDA 12.8." : null) with
        {
            Facts = new Dictionary<string, object?>
            {
                ["available"] = report.CudaAvailable,
                ["devices"] = report.CudaDevices,
                ["driver"] = driver,
                ["names"] = CardNames(),
            },
        };
    }

    private static HealthCheck Allocator(EngineReport report) => HealthCheck.OkOrWarn("malloc",
        report.KeepsMemory ? "keeps freed memory (no trimming, no mmap for large blocks)" : "as the system has it",
        report.KeepsMemory || !OperatingSystem.IsLinux() ? null
            : "The allocator gives freed memory back at once, which makes a training step up to twice as slow; use a system with glibc and leave UNMASK_KEEP_MEMORY unset.") with
    {
        Facts = new Dictionary<string, object?> { ["keeps_memory"] = report.KeepsMemory },
    };

    private static HealthCheck Float32Route(EngineReport report)
    {
        var error = report.OneDnnFloat32Error ?? MatrixProduct.Float32Error();
        var exact = error < 1e-5;
        return new HealthCheck("float32", exact ? HealthState.Ok : HealthState.Fail,
            $"{(report.OneDnnFloat32 ? "oneDNN" : "LibTorch's own")} kernels ({report.OneDnnFloat32Reason}), relative error {error:E1}")
        {
            Problem = exact ? null
                : $"Matrix products in float32 have a relative error of {error:E1}, above 1E-005: results are unreliable. Set UNMASK_ONEDNN_F32=0 and run the check again.",
            Facts = new Dictionary<string, object?>
            {
                ["onednn"] = report.OneDnnFloat32,
                ["reason"] = report.OneDnnFloat32Reason,
                ["relative_error"] = error,
            },
        };
    }

    private static HealthCheck Products(EngineReport report)
    {
        var float32 = MatrixProduct.Rate(torch.ScalarType.Float32);
        var bfloat16 = MatrixProduct.Rate(torch.ScalarType.BFloat16);
        return HealthCheck.OkOrWarn("products", $"{float32:F0} GFLOP/s in float32, {bfloat16:F0} GFLOP/s in bfloat16 (1024 x 768 x 1536, {report.Threads} threads)",
            bfloat16 < 0.8 * float32 ? "This CPU multiplies bfloat16 more slowly than float32. Train with --set dtype=float32." : null) with
        {
            Facts = new Dictionary<string, object?> { ["float32_gflops"] = Math.Round(float32, 1), ["bfloat16_gflops"] = Math.Round(bfloat16, 1) },
        };
    }

    /// <summary>Names of the cards as the driver tells them.</summary>
    private static IReadOnlyList<string> CardNames()
    {
        const string Cards = "/proc/driver/nvidia/gpus";
        if (!Directory.Exists(Cards)) return [];
        return
        [
            .. Directory.EnumerateDirectories(Cards).Order(StringComparer.Ordinal)
                .Select(card => Path.Combine(card, "information")).Where(File.Exists)
                .Select(file => File.ReadLines(file).FirstOrDefault(line => line.StartsWith("Model:", StringComparison.Ordinal)))
                .OfType<string>().Select(line => line["Model:".Length..].Trim()),
        ];
    }
}
