using System.Globalization;
using System.Text;

namespace Unmask.Core.Runs;

/// <summary>
/// The file <c>run.lock</c>, held open by the process that writes a run. The system releases it when the process ends, however it ends, so
/// a lock never outlives its holder.
/// </summary>
internal static class RunLock
{
    public const string FileName = "run.lock";

    /// <exception cref="UserError">Another process holds it.</exception>
    public static FileStream Take(string run)
    {
        string path = Path.Combine(run, FileName);
        FileStream? held = TryOpen(path, FileMode.OpenOrCreate);

        // Somebody who only looks whether the run is held holds it for a moment.
        for (int i = 0; held is null && i < 5; i++)
        {
            Thread.Sleep(20);
            held = TryOpen(path, FileMode.OpenOrCreate);
        }

        if (held is null) throw new UserError($"{run} is being written by another process{Holder(path)}; wait for it to end, or stop it first.");
        try
        {
            held.SetLength(0);
            held.Write(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n")));
            held.Flush();
        }
        catch (IOException failure) when (Storage.StorageFailure.IsDiskFull(failure))
        {
            // The lock holds without the number in it, which only makes a friendlier sentence.
        }

        return held;
    }

    public static bool IsHeld(string run)
    {
        string path = Path.Combine(run, FileName);
        if (!File.Exists(path)) return false;
        using FileStream? free = TryOpen(path, FileMode.Open);
        return free is null;
    }

    private static FileStream? TryOpen(string path, FileMode mode)
    {
        try
        {
            // FileShare.None is an exclusive advisory lock on Unix. No buffer: on a full disk closing would fail once more.
            return new FileStream(path, mode, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException held) when (held is not (FileNotFoundException or DirectoryNotFoundException) && !Storage.StorageFailure.IsDiskFull(held))
        {
            return null;
        }
    }

    private static string Holder(string path)
    {
        try
        {
            using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            return int.TryParse(reader.ReadToEnd().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int process) ? $" (number {process})" : "";
        }
        catch (IOException)
        {
            return "";
        }
    }
}
