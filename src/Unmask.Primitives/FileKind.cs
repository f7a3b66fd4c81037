using System.Runtime.InteropServices;

namespace Unmask.Primitives;

/// <summary>What stands at a path. Opening a named pipe waits for its other end, and a device never ends: one asks before one opens.</summary>
public static partial class FileKind
{
    private const int TypeMask = 0xF000;
    private const int RegularType = 0x8000;
    private const int FolderType = 0x4000;

    /// <summary>The words for what stands at <paramref name="path"/> where that is no regular file; null where it is one, or cannot be asked.</summary>
    public static string? OtherThanFile(string path)
    {
        if (Directory.Exists(path)) return "a folder";
        int type = OperatingSystem.IsLinux() ? LinuxMode(path) & TypeMask : OperatingSystem.IsMacOS() ? MacMode(path) & TypeMask : 0;
        return type switch
        {
            0 or RegularType => null,
            FolderType => "a folder",
            0x1000 => "a named pipe",
            0xC000 => "a socket",
            _ => "a device",
        };
    }

    // struct statx is the same on every processor: the mode is the 16-bit number at byte 28.
    private static int LinuxMode(string path)
    {
        const int currentFolder = -100, typeOnly = 1, modeAt = 28;
        Span<byte> facts = stackalloc byte[256];
        return Statx(currentFolder, path, 0, typeOnly, ref MemoryMarshal.GetReference(facts)) == 0 ? MemoryMarshal.Read<ushort>(facts[modeAt..]) : 0;
    }

    // struct stat of 64-bit macOS: the mode is the 16-bit number at byte 4.
    private static int MacMode(string path)
    {
        const int modeAt = 4;
        Span<byte> facts = stackalloc byte[256];
        return Stat(path, ref MemoryMarshal.GetReference(facts)) == 0 ? MemoryMarshal.Read<ushort>(facts[modeAt..]) : 0;
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, ref byte facts);

    [LibraryImport("libc", EntryPoint = "stat", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Stat(string path, ref byte facts);
}
