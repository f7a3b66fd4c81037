using System.Runtime.InteropServices;

namespace Unmask.Core.Storage;

/// <summary>Creates folders so that of several who ask for the same name at once exactly one gets it.</summary>
public static partial class NewFolder
{
    private const int ExistsOnUnix = 17;
    private const int ExistsOnWindows = 183;

    /// <summary>Creates a folder in an existing one.</summary>
    /// <param name="path">The folder.</param>
    /// <returns>False where something of that name is there already.</returns>
    /// <exception cref="IOException">It cannot be created for another reason.</exception>
    public static bool TryCreate(string path)
    {
        // .NET's own call is as content with a folder that is there.
        bool created = OperatingSystem.IsWindows() ? CreateDirectory(path, 0) : MakeDirectory(path, 0b111_111_111) == 0;
        if (created) return true;
        int error = Marshal.GetLastPInvokeError();
        if (error == (OperatingSystem.IsWindows() ? ExistsOnWindows : ExistsOnUnix)) return false;
        throw new IOException($"The folder {path} cannot be created: {Marshal.GetPInvokeErrorMessage(error).TrimEnd('.')}.", error);
    }

    /// <summary>Creates the first folder of NAME, NAME-2, NAME-3... that is free, in a folder that is created where it is absent.</summary>
    /// <param name="parent">Where.</param>
    /// <param name="name">Its name, where that is free.</param>
    /// <returns>The full path.</returns>
    /// <exception cref="IOException">It cannot be created.</exception>
    public static string Free(string parent, string name)
    {
        string full = Directory.CreateDirectory(parent).FullName;
        return Path.Combine(full, Slug.Free(name, taken => !TryCreate(Path.Combine(full, taken))));
    }

    [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeDirectory(string path, uint mode);

    [LibraryImport("kernel32", EntryPoint = "CreateDirectoryW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool CreateDirectory(string path, nint security);
}
