using System.Runtime.InteropServices;

namespace Unmask.Engine.Native;

/// <summary>
/// Keeps the numbers that operators are called with alive until the call has read them.
/// </summary>
/// <remarks>
/// In TorchSharp 0.107.0 <c>x.mul(2)</c> makes a native number owned by an object that nothing refers to once its address has been taken, so a
/// garbage collection on another thread can free it while the operator starts: the operator then reads whatever lies there. (The pull requests
/// dotnet/TorchSharp 1434 and 1496 are about the same objects.) Rare, but a long run meets it: an exception in the best case, a wrong number in the
/// worst. Here the bridge's function that frees a number is led to one that waits: a number is freed when <see cref="Delay"/> later ones have come.
/// </remarks>
internal static unsafe partial class ScalarLifetime
{
    /// <summary>How many numbers wait: about two megabytes, and the numbers of a few hundred training steps.</summary>
    private const int Delay = 1 << 15;

    private const int ReadWriteExecute = 7;
    private const int ReadExecute = 5;

    private static readonly nint[] Waiting = new nint[Delay];
    private static int _next;

    /// <summary>Whether the mend is in place; false on systems it does not know.</summary>
    public static bool Applied { get; private set; }

    /// <summary>Puts the mend in place; once, before numbers are made.</summary>
    /// <param name="bridge">Handle of the loaded bridge library.</param>
    public static void Apply(nint bridge)
    {
        if (Applied || !OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64) return;
        if (!NativeLibrary.TryGetExport(bridge, "THSTorch_dispose_scalar", out var function)) return;

        // mov r11, target; jmp r11
        byte[] jump = [0x49, 0xBB, .. BitConverter.GetBytes((nint)(delegate* unmanaged<nint, void>)&Release), 0x41, 0xFF, 0xE3];
        var page = function & ~((nint)Environment.SystemPageSize - 1);
        var length = (nuint)(function - page + jump.Length);
        if (mprotect(page, length, ReadWriteExecute) != 0) return;
        jump.CopyTo(new Span<byte>((void*)function, jump.Length));
        mprotect(page, length, ReadExecute);
        Applied = true;
    }

    [UnmanagedCallersOnly]
    private static void Release(nint scalar)
    {
        var place = Interlocked.Increment(ref _next) & (Delay - 1);
        var old = Interlocked.Exchange(ref Waiting[place], scalar);
        // What the bridge's own function does for plain numbers, the only ones there are: operator delete, which is free.
        NativeMemory.Free((void*)old);
    }

    [LibraryImport("libc")]
    private static partial int mprotect(nint address, nuint length, int protection);
}
