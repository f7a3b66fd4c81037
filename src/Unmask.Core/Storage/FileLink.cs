using System.Runtime.InteropServices;

namespace Unmask.Core.Storage;

/// <summary>A second name for a file, which costs no disk and stays when the first is deleted.</summary>
internal static partial class FileLink
{
    /// <summary>Gives <paramref name="source"/> another name; where the file system cannot, it is copied.</summary>
    public static void Make(string source, string target)
    {
        bool linked = OperatingSystem.IsWindows() ? CreateHardLink(target, source, 0) : Link(source, target) == 0;
        if (!linked) File.Copy(source, target);
    }

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string source, string target);

    [LibraryImport("kernel32", EntryPoint = "CreateHardLinkW", StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool CreateHardLink(string target, string source, nint security);
}
