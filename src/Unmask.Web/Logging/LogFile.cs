using System.Text;
using System.Threading.Channels;
using Unmask.Core.Storage;

namespace Unmask.Web.Logging;

/// <summary>
/// The log of the workbench: <c>workbench.log</c> and a few older files beside it, each of bounded size. Who logs waits for no disk: one task writes, and
/// when it cannot keep up, lines are dropped and their number is written instead.
/// </summary>
/// <param name="folder">Where the files are.</param>
/// <param name="redact">Removes secrets from a line.</param>
/// <param name="console">Gets every line, too; null for nobody.</param>
/// <param name="mostBytes">Size at which the next file begins.</param>
/// <param name="files">How many files are kept.</param>
internal sealed class LogFile(string folder, Func<string, string> redact, TextWriter? console = null, long mostBytes = 2 << 20, int files = 4) : IAsyncDisposable
{
    private const string Name = "workbench.log";
    private const int MostWaiting = 2000;

    private readonly Channel<string> waiting = Channel.CreateBounded<string>(MostWaiting);
    private Task? work;
    private long dropped;

    /// <summary>The newest file.</summary>
    public string Path { get; } = System.IO.Path.Combine(folder, Name);

    /// <summary>Begins to write.</summary>
    public LogFile Start()
    {
        work = Task.Run(Work);
        return this;
    }

    /// <summary>Adds a line; an exception makes it several.</summary>
    public void Add(string line)
    {
        if (!waiting.Writer.TryWrite(line)) Interlocked.Increment(ref dropped);
    }

    /// <summary>The last bytes of what was logged, from the beginning of a line.</summary>
    public string Tail(int bytes)
    {
        var text = new StringBuilder();
        for (var number = 0; number < files && text.Length < bytes; number++)
        {
            if (!File.Exists(PathOf(number))) break;
            using var file = new FileStream(PathOf(number), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            file.Position = Math.Max(0, file.Length - (bytes - text.Length));
            using var reader = new StreamReader(file);
            if (file.Position > 0) reader.ReadLine();
            text.Insert(0, reader.ReadToEnd());
        }

        return text.ToString();
    }

    /// <summary>Writes what waits and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        waiting.Writer.TryComplete();
        if (work is not null) await work;
    }

    private async Task Work()
    {
        while (await waiting.Reader.WaitToReadAsync())
        {
            try
            {
                await WriteWaiting();
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // A log that cannot be written stops nothing; what was in hand is lost, and the next line tries again.
                Interlocked.Increment(ref dropped);
            }
        }
    }

    private async Task WriteWaiting()
    {
        Roll();
        var options = new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.ReadWrite | FileShare.Delete };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using var file = new StreamWriter(Path, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), options);
        while (file.BaseStream.Length < mostBytes && waiting.Reader.TryRead(out var line))
        {
            if (Interlocked.Exchange(ref dropped, 0) is > 0 and var lost) line = $"({lost} lines could not be written)\n{line}";
            line = redact(line);
            await file.WriteAsync(line + "\n");
            await file.FlushAsync();
            if (console is not null) await console.WriteLineAsync(line);
        }
    }

    /// <summary>Begins the next file where the newest is full.</summary>
    private void Roll()
    {
        PrivateFolder.Create(folder);
        if (!File.Exists(Path) || new FileInfo(Path).Length < mostBytes) return;
        for (var number = files - 1; number > 0; number--)
        {
            if (File.Exists(PathOf(number - 1))) File.Move(PathOf(number - 1), PathOf(number), overwrite: true);
        }
    }

    private string PathOf(int number) => number == 0 ? Path : System.IO.Path.Combine(folder, $"workbench.{number}.log");
}
