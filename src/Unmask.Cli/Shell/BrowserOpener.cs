using System.ComponentModel;
using System.Diagnostics;

namespace Unmask.Cli.Shell;

/// <summary>Opens the browser at an address. Every account can read the arguments of a program, so it holds no secret that lasts.</summary>
internal static class BrowserOpener
{
    /// <summary>Opens it.</summary>
    /// <returns>Why no browser came, in a sentence; none when one did.</returns>
    public static IReadOnlyList<string> Open(string address)
    {
        try
        {
            var start = OperatingSystem.IsWindows() ? new ProcessStartInfo(address) { UseShellExecute = true }
                : new ProcessStartInfo(OperatingSystem.IsMacOS() ? "open" : "xdg-open", [address]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
            if (!start.UseShellExecute) Core.ChildSecrets.Remove(start.Environment);
            using var started = Process.Start(start);
            return [];
        }
        catch (Exception failure) when (failure is Win32Exception or IOException or PlatformNotSupportedException)
        {
            return [$"No browser could be started ({failure.Message.TrimEnd('.')}); open the address manually."];
        }
    }
}
