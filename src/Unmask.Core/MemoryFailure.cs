using System.Runtime.InteropServices;

namespace Unmask.Core;

/// <summary>Tells memory that ran out from other failures.</summary>
public static class MemoryFailure
{
    /// <summary>Did memory run out, .NET's or that of a native library or a GPU?</summary>
    public static bool Is(Exception failure) => failure is OutOfMemoryException
        || (failure is ExternalException native && (native.Message.Contains("not enough memory", StringComparison.OrdinalIgnoreCase) || native.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)));
}
