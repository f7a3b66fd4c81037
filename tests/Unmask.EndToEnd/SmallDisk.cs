using System.Diagnostics;
using Xunit;

namespace Unmask.EndToEnd;

/// <summary>A disk of one megabyte, mounted for a test. Where mounting is not permitted the test is skipped.</summary>
internal sealed class SmallDisk : IDisposable
{
    private SmallDisk(string folder) => Folder = folder;

    public string Folder { get; }

    public string this[string name] => Path.Combine(Folder, name);

    public static async Task<SmallDisk> Mount()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("A small disk is made by mounting a tmpfs, which only Linux has.");
        var folder = Directory.CreateTempSubdirectory("unmask-disk-").FullName;
        if (await Call("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder) is { } refusal)
        {
            Directory.Delete(folder);
            Assert.Skip($"A small disk cannot be mounted here: {refusal}");
        }

        return new SmallDisk(folder);
    }

    /// <summary>Fills the disk but for <paramref name="bytes"/>.</summary>
    public void LeaveFree(int bytes)
    {
        using var filler = new FileStream(this["filler"], FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[4096];
        try
        {
            while (true) filler.Write(block);
        }
        catch (IOException)
        {
            // Full.
        }

        filler.SetLength(Math.Max(0, filler.Length - bytes));
    }

    /// <summary>Gives the filled room back.</summary>
    public void Free() => File.Delete(this["filler"]);

    public void Dispose()
    {
        Call("umount", Folder).GetAwaiter().GetResult();
        Directory.Delete(Folder);
    }

    /// <summary>What the program complained of; null when it was well.</summary>
    private static async Task<string?> Call(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? null : error.Trim();
    }
}
