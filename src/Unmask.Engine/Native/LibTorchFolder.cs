using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Unmask.Engine.Native;

/// <summary>
/// LibTorch from a folder that is there already, such as <c>torch/lib</c> of a Python wheel with CUDA, in place of the libraries of this build.
/// They are loaded before TorchSharp's bridge, which then finds them in the process by their names.
/// </summary>
internal static partial class LibTorchFolder
{
    /// <summary>Environment variable with the folder.</summary>
    public const string Switch = "UNMASK_LIBTORCH";

    /// <summary>The version that the bridge was compiled for; C++ symbols of another do not fit.</summary>
    private static readonly Version Needed = new(2, 10);

    /// <summary>The folder in use; null for the libraries of this build.</summary>
    public static string? Path { get; private set; }

    /// <summary>Why the folder that was asked for cannot be used; null where it can, or none was.</summary>
    public static string? Problem { get; private set; }

    /// <summary>Loads the libraries of the folder that <see cref="Switch"/> names, if it names one.</summary>
    public static void Load()
    {
        if (Environment.GetEnvironmentVariable(Switch) is not { Length: > 0 } folder) return;
        Problem = TryLoad(System.IO.Path.GetFullPath(folder));
        if (Problem is null) Path = System.IO.Path.GetFullPath(folder);
    }

    private static string? TryLoad(string folder)
    {
        if (OperatingSystem.IsMacOS()) return $"{Switch} is {folder}, but on macOS LibTorch comes with the program alone. Unset it.";
        string File(string library) => System.IO.Path.Combine(folder, OperatingSystem.IsWindows() ? $"{library}.dll" : $"lib{library}.so");
        if (!System.IO.File.Exists(File("torch_cpu")))
        {
            return $"{Switch} is {folder}, where there is no {System.IO.Path.GetFileName(File("torch_cpu"))}. Give the folder with the libraries of LibTorch {Needed}: "
                + "lib of its archive, or torch/lib of a Python installation.";
        }

        if (StatedVersion(folder) is { } stated && !Fits(stated)) return WrongVersion(folder, stated.ToString());
        nint core = 0;
        foreach (var library in (string[])["c10", "c10_cuda", "torch_cpu", "torch_cuda", "torch"])
        {
            if (!System.IO.File.Exists(File(library))) continue;
            try
            {
                var handle = NativeLibrary.Load(File(library));
                if (library == "torch_cpu") core = handle;
            }
            catch (Exception fault) when (fault is DllNotFoundException or BadImageFormatException)
            {
                return $"{File(library)} cannot be loaded: {fault.Message.ReplaceLineEndings(" ").TrimEnd('.')}. Install what it needs, or unset {Switch}.";
            }
        }

        return LoadedVersion(core) is { } loaded && Fits(loaded) ? null : WrongVersion(folder, LoadedVersion(core)?.ToString() ?? "an older one that does not say its number");
    }

    private static bool Fits(Version version) => (version.Major, version.Minor) == (Needed.Major, Needed.Minor);

    private static string WrongVersion(string folder, string version) =>
        $"{Switch} is {folder}, whose LibTorch is {version}; {Needed} is needed. Install that version (pip install torch=={Needed}.*), or unset {Switch}.";

    /// <summary>What the files beside the folder say: <c>build-version</c> of LibTorch's archive, <c>version.py</c> of a Python wheel.</summary>
    private static Version? StatedVersion(string folder)
    {
        foreach (var name in (string[])["build-version", "version.py"])
        {
            var file = new FileInfo(System.IO.Path.Combine(folder, "..", name));
            if (file.Exists && file.Length < 1 << 16 && Number().Match(System.IO.File.ReadAllText(file.FullName)) is { Success: true } found) return Version.Parse(found.Value);
        }

        return null;
    }

    /// <summary>What the library says: major, minor and patch in its highest three bytes.</summary>
    private static unsafe Version? LoadedVersion(nint core)
    {
        if (!NativeLibrary.TryGetExport(core, "aoti_torch_abi_version", out var export)) return null;
        var number = ((delegate* unmanaged<ulong>)export)();
        return new Version((int)(number >> 56), (int)(number >> 48 & 0xFF), (int)(number >> 40 & 0xFF));
    }

    [GeneratedRegex(@"\d{1,4}\.\d{1,4}(\.\d{1,4})?", RegexOptions.CultureInvariant)]
    private static partial Regex Number();
}
