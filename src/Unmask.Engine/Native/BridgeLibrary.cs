using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace Unmask.Engine.Native;

/// <summary>
/// Makes TorchSharp's bridge library load where it does not as shipped (see <see cref="VersionNeedPatch"/>); on systems where the
/// ordinary load succeeds it is never asked.
/// </summary>
internal static class BridgeLibrary
{
    private static readonly Lock Gate = new();
    private static nint _handle;

    /// <summary>How the bridge came in: null before it was needed or when it loaded as shipped.</summary>
    public static string? Mend { get; private set; }

    /// <summary>Must stand before any TorchSharp type is touched.</summary>
    public static void Install()
    {
        if (OperatingSystem.IsLinux()) AssemblyLoadContext.Default.ResolvingUnmanagedDll += Resolve;
    }

    private static nint Resolve(Assembly assembly, string name)
    {
        if (Path.GetFileNameWithoutExtension(name) is not ("LibTorchSharp" or "libLibTorchSharp")) return 0;
        lock (Gate)
        {
            if (_handle == 0) _handle = LoadPatched();
            return _handle;
        }
    }

    private static nint LoadPatched()
    {
        var path = Find("libLibTorchSharp.so");
        if (path is null) return 0;
        var image = File.ReadAllBytes(path);
        if (!VersionNeedPatch.Apply(image, "GLIBCXX_3.4.32", "THSAutograd_isAnomalyEnabled")) return 0;

        // The copy is elsewhere, so what it depends on must be in the process already.
        if (LibTorchFolder.Path is null && !LoadDependencies()) return 0;
        var copy = Path.Combine(Path.GetTempPath(), $"unmask-bridge-{Environment.ProcessId}-{Guid.NewGuid():N}.so");
        try
        {
            File.WriteAllBytes(copy, image);
            var handle = NativeLibrary.Load(copy);
            Mend = "the requirement on GLIBCXX_3.4.32 was taken out of a private copy of the bridge library";
            return handle;
        }
        finally
        {
            File.Delete(copy);
        }
    }

    private static bool LoadDependencies()
    {
        foreach (var dependency in (string[])["libc10.so", "libtorch_cpu.so", "libtorch.so", "libtorch_cuda.so"])
        {
            if (Find(dependency) is { } file && !NativeLibrary.TryLoad(file, out _) && dependency != "libtorch_cuda.so") return false;
        }

        return true;
    }

    /// <summary>Path of a native library of this program: beside it, or below runtimes/ in a plain build.</summary>
    private static string? Find(string file) => SearchFolders().Select(folder => Path.Combine(folder, file)).FirstOrDefault(File.Exists);

    /// <summary>As <see cref="Find"/>, for a library whose name carries a build hash.</summary>
    public static string? FindStartingWith(string name) =>
        SearchFolders().Where(Directory.Exists).SelectMany(folder => Directory.EnumerateFiles(folder, name + "*")).FirstOrDefault();

    private static IEnumerable<string> SearchFolders() =>
        (LibTorchFolder.Path is { } own ? [own] : Array.Empty<string>()).Concat((AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
            .Append(AppContext.BaseDirectory)
            .Append(Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native"));
}
