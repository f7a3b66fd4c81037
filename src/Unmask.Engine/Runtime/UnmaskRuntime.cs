using TorchSharp;
using Unmask.Engine.Native;

namespace Unmask.Engine.Runtime;

/// <summary>What the native engine is and how it came up, for <c>unmask doctor</c> and for the record of a run.</summary>
/// <param name="TorchSharpVersion">Version of the binding.</param>
/// <param name="LibTorchVersion">Version of the native library.</param>
/// <param name="BridgeMend">What had to be mended to load the bridge library; null where it loaded as shipped.</param>
/// <param name="KeepsMemory">Whether glibc malloc was told to keep freed memory.</param>
/// <param name="OneDnnFloat32">Whether float32 matrix products go to oneDNN.</param>
/// <param name="OneDnnFloat32Reason">Why they do or do not.</param>
/// <param name="OneDnnFloat32Error">Relative error measured for the route; null where it was not tried.</param>
/// <param name="CudaAvailable">Whether a CUDA device can be used by this build.</param>
/// <param name="CudaDevices">Number of CUDA devices seen.</param>
/// <param name="LibTorchFolder">Folder that LibTorch was taken from; null for the one of this build.</param>
/// <param name="Threads">Threads that one operation on the processor is spread over.</param>
public sealed record EngineReport(
    string TorchSharpVersion, string LibTorchVersion, string? BridgeMend, bool KeepsMemory,
    bool OneDnnFloat32, string OneDnnFloat32Reason, double? OneDnnFloat32Error, bool CudaAvailable, int CudaDevices, int Threads, string? LibTorchFolder = null);

/// <summary>Start of the native engine. Loading this assembly does nothing; safe to call any number of times, from any thread.</summary>
public static class UnmaskRuntime
{
    private static readonly Lock Gate = new();
    private static readonly Lazy<EngineReport> Started = new(StartOnce);
    private static RuntimeOptions? options;

    /// <summary>
    /// Prepares the process for LibTorch without loading it: applies what <paramref name="asked"/> says, and lets the bridge library be found. The first call decides; later ones change nothing.
    /// </summary>
    public static void Configure(RuntimeOptions asked)
    {
        lock (Gate)
        {
            if (options is not null) return;
            options = asked;
            if (asked.KeepFreedMemory) NativeMemoryPolicy.Apply();
            if (asked.ShortThreadWaits) ThreadWaitPolicy.Apply();
            LibTorchFolder.Load();
            BridgeLibrary.Install();
        }
    }

    /// <summary>Loads LibTorch, set up as <see cref="Configure"/> was told.</summary>
    /// <param name="asked">What to touch in the process where nothing was configured before; null for <see cref="RuntimeOptions.Mild"/>.</param>
    /// <exception cref="UserError">The native library cannot be loaded here.</exception>
    public static EngineReport Start(RuntimeOptions? asked = null)
    {
        Configure(asked ?? RuntimeOptions.Mild);
        return Started.Value;
    }

    /// <summary>Environment variable; 0 leaves the allocator as it is, for comparison.</summary>
    public const string KeepMemorySwitch = NativeMemoryPolicy.Switch;

    /// <summary>Environment variable; 0 leaves float32 products where LibTorch puts them, for comparison.</summary>
    public const string OneDnnFloat32Switch = OneDnnFloat32.Switch;

    /// <summary>Environment variable; a folder with the libraries of a LibTorch that is to be used in place of this build's.</summary>
    public const string LibTorchSwitch = LibTorchFolder.Switch;

    private static EngineReport StartOnce()
    {
        if (LibTorchFolder.Problem is { } problem) throw new UserError(problem);
        try
        {
            var cuda = torch.cuda.is_available();
            var (oneDnn, reason, error) = options!.FastFloat32 ? OneDnnFloat32.TryEnable() : (false, "not asked for by this program", null);
            return new EngineReport(
                typeof(torch).Assembly.GetName().Version?.ToString(3) ?? "unknown", torch.__version__, BridgeLibrary.Mend,
                NativeMemoryPolicy.Applied, oneDnn, reason, error, cuda, cuda ? torch.cuda.device_count() : 0,
                torch.get_num_threads(), LibTorchFolder.Path);
        }
        catch (Exception e) when (e is NotSupportedException or DllNotFoundException or TypeInitializationException or BadImageFormatException)
        {
            throw new UserError($"LibTorch cannot be loaded on this system ({e.GetBaseException().Message.Trim().Split('\n', 2)[0].TrimEnd('\r', '.')}). "
                + "Reference the package of LibTorch 2.10.0 for this operating system and CPU, such as libtorch-cpu-linux-x64 (a build of this repository does so by default, with -p:TorchBackend=cpu); on Linux glibc 2.28 or newer is needed.");
        }
    }
}
