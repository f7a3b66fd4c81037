using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Text;
using Unmask.Core.Storage;

namespace Unmask.Cli.Shell;

/// <summary>Opens the browser at the workbench. The arguments of a program can be read by every account, so the browser gets a file that leads on, and not the address with the token.</summary>
internal static class BrowserOpener
{
    private const string FileName = "open.html";

    /// <summary>Opens it.</summary>
    /// <param name="address">With the token.</param>
    /// <param name="home">A private folder for the file.</param>
    /// <returns>Why no browser came, in a sentence; none when one did.</returns>
    public static IReadOnlyList<string> Open(string address, string home)
    {
        try
        {
            var path = Path.Combine(home, FileName);
            File.Delete(path);
            var place = WebUtility.HtmlEncode(address);
            using (var file = PrivateFolder.CreateFile(path))
            {
                file.Write(Encoding.UTF8.GetBytes($"<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Unmask</title><meta http-equiv=\"refresh\" content=\"0;url={place}\"></head><body><a href=\"{place}\">Open the workbench</a></body></html>\n"));
            }

            var start = OperatingSystem.IsWindows() ? new ProcessStartInfo(path) { UseShellExecute = true }
                : new ProcessStartInfo(OperatingSystem.IsMacOS() ? "open" : "xdg-open", [path]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
            if (!start.UseShellExecute) Core.ChildSecrets.Remove(start.Environment);
            using var started = Process.Start(start);
            return [];
        }
        catch (Exception failure) when (failure is Win32Exception or IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            return [$"No browser could be started ({failure.Message.TrimEnd('.')}); open the address yourself."];
        }
    }
}
