using System.Runtime.InteropServices;

namespace Unmask.Engine.Native;

/// <summary>
/// Tells glibc malloc to keep what is freed. As shipped it hands every large tensor back to the kernel and page-faults it in again,
/// which costs a training step 1.5 to 2 times its processor time.
/// </summary>
internal static partial class NativeMemoryPolicy
{
    private const int TrimThreshold = -1;
    private const int TopPad = -2;
    private const int MmapMax = -4;

    /// <summary>Set to 0 to leave the allocator as it is (for comparison).</summary>
    public const string Switch = "UNMASK_KEEP_MEMORY";

    /// <summary>Whether the allocator took the settings.</summary>
    public static bool Applied { get; private set; }

    public static void Apply()
    {
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable(Switch) == "0") return;
        try
        {
            Applied = mallopt(MmapMax, 0) == 1 && mallopt(TrimThreshold, int.MaxValue) == 1 && mallopt(TopPad, 64 << 20) == 1;
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            // Another C library than glibc (musl): nothing to tell it; `unmask doctor` shows that this is off.
            Applied = false;
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int mallopt(int parameter, int value);
}
