using System.Text;
using Unmask.Core.Events;
using Unmask.Core.Runs.Logs;
using Unmask.Core.Storage;

namespace Unmask.Cli.Work;

/// <summary>Writes what a run tells as lines of its log.</summary>
/// <param name="output">Where they go.</param>
internal sealed class RunLogWriter(TextWriter output) : IEventSink, IDisposable
{
    private readonly EventLines lines = new();

    /// <summary>Writes to the end of the <c>log.txt</c> of a run.</summary>
    /// <exception cref="Unmask.Primitives.UserError">It cannot be written.</exception>
    public static RunLogWriter Into(string runFolder)
    {
        var path = Path.Combine(runFolder, RunLog.FileName);
        try
        {
            return new(new StreamWriter(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0), new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" });
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw StorageFailure.Explain(failure, path);
        }
    }

    public void Write(RunEvent happened) => Write(lines.Of(happened));

    /// <summary>Writes each line of a text.</summary>
    public void Write(LogLineLevel level, string text) => Write(EventLines.Of(level, text, DateTimeOffset.UtcNow));

    public void Dispose()
    {
        try
        {
            output.Dispose();
        }
        catch (IOException)
        {
            // As in Write.
        }
    }

    private void Write(IEnumerable<string> text)
    {
        try
        {
            foreach (var line in text) output.WriteLine(line);
        }
        catch (IOException)
        {
            // A line that finds no room on the disk ends no run; the run itself tells what it cannot write.
        }
    }
}
