using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Unmask.Core.Protocol;

namespace Unmask.Engine.Diagnosis;

/// <summary>What the processor of this machine can do.</summary>
public static class CpuCheck
{
    /// <summary>Whether it has AVX-512, on which the fast float32 kernels rest.</summary>
    public static bool HasAvx512 => Avx512F.IsSupported;

    /// <summary>Whether it multiplies bfloat16 in hardware (AVX512_BF16 or AMX-BF16).</summary>
    public static bool HasBfloat16 => X86Base.IsSupported && ((X86Base.CpuId(7, 1).Eax & (1 << 5)) != 0 || HasAmx);

    /// <summary>Whether it has AMX tile units.</summary>
    public static bool HasAmx => X86Base.IsSupported && (X86Base.CpuId(7, 0).Edx & (1 << 22)) != 0;

    public static HealthCheck Inspect()
    {
        var model = Model();
        string[] skills = HasBfloat16 ? [.. Instructions()] : [.. Instructions(), "no bf16"];
        return new HealthCheck("cpu", HealthState.Ok, $"{model}, {Environment.ProcessorCount} threads, {string.Join(", ", skills)}")
        {
            Facts = new Dictionary<string, object?>
            {
                ["model"] = model,
                ["threads"] = Environment.ProcessorCount,
                ["avx512"] = HasAvx512,
                ["amx"] = HasAmx,
                ["bf16"] = HasBfloat16,
            },
        };
    }

    /// <summary>What it can do beyond the plain, of the things that matter here.</summary>
    public static IEnumerable<string> Instructions()
    {
        if (HasAvx512) yield return "AVX-512";
        if (HasAmx) yield return "AMX";
        if (HasBfloat16) yield return "bf16";
    }

    /// <summary>What its maker calls it.</summary>
    public static string Model()
    {
        const string LinuxFile = "/proc/cpuinfo";
        if (File.Exists(LinuxFile))
        {
            var line = File.ReadLines(LinuxFile).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal));
            if (line is not null) return line[(line.IndexOf(':') + 1)..].Trim();
        }

        return Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
