using System.Runtime.InteropServices;

namespace Unmask.Engine.Native;

/// <summary>Environment variables as native libraries see them: .NET keeps a copy of its own, so setting one there does not reach them.</summary>
public static partial class NativeEnvironment
{
    /// <summary>Sets a variable unless the user has.</summary>
    /// <returns>Whether there is a C library to tell.</returns>
    public static bool Propose(string name, string value) => Environment.GetEnvironmentVariable(name) is not null || Set(name, value);

    /// <summary>Sets a variable, for native libraries and for .NET.</summary>
    /// <returns>Whether there is a C library to tell.</returns>
    public static bool Set(string name, string value)
    {
        Environment.SetEnvironmentVariable(name, value);
        if (OperatingSystem.IsWindows()) return false;
        try
        {
            return setenv(name, value, overwrite: 1) == 0;
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);
}
