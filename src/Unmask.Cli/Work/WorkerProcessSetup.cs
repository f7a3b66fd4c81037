using System.Runtime.InteropServices;
using System.Text;
using Unmask.Core.Runs.Logs;
using Unmask.Core.Storage;

namespace Unmask.Cli.Work;

/// <summary>Makes this process independent of the one that started it.</summary>
internal static partial class WorkerProcessSetup
{
    private const int SeekEnd = 2;

    /// <summary>How much the workbench goes before its workers, where both want the processor.</summary>
    private const int Politeness = 5;

    /// <summary>Leaves the session of the starter, whose Ctrl+C and whose end then do not reach it, and lets others go first.</summary>
    public static void Detach()
    {
        if (OperatingSystem.IsWindows()) return;

        // Refused to a process that leads a group, one that a person started in a terminal: then it stays in it.
        _ = NewSession();
        _ = BePolite(Politeness);
    }

    /// <summary>
    /// Sends standard output and error to the end of the run's log, also what native libraries write there. Where the system has no such thing,
    /// only what .NET writes.
    /// </summary>
    /// <exception cref="Unmask.Primitives.UserError">The log cannot be written.</exception>
    public static void LogInto(string runFolder)
    {
        var path = Path.Combine(runFolder, RunLog.FileName);
        try
        {
            var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            if (OperatingSystem.IsWindows())
            {
                var lines = TextWriter.Synchronized(Lines(file));
                Console.SetOut(lines);
                Console.SetError(lines);
                return;
            }

            // Both descriptors share one place in the file, so that lines never overwrite each other.
            using (file)
            {
                var descriptor = file.SafeFileHandle.DangerousGetHandle().ToInt32();
                if (Seek(descriptor, 0, SeekEnd) < 0 || Duplicate(descriptor, 1) < 0 || Duplicate(descriptor, 2) < 0) throw new IOException($"error {Marshal.GetLastPInvokeError()}");
            }

            Console.SetOut(Lines(Console.OpenStandardOutput()));
            Console.SetError(Lines(Console.OpenStandardError()));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw StorageFailure.Explain(failure, path);
        }
    }

    private static StreamWriter Lines(Stream stream) => new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true, NewLine = "\n" };

    [LibraryImport("libc", EntryPoint = "setsid")]
    private static partial int NewSession();

    [LibraryImport("libc", EntryPoint = "nice")]
    private static partial int BePolite(int by);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    private static partial long Seek(int descriptor, long offset, int from);

    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    private static partial int Duplicate(int from, int to);
}
