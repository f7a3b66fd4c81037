using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Unmask.Core.Protocol.Client;

/// <summary>One process of the engine, from its start to its end: lines in, replies out, the last lines of its standard error.</summary>
internal sealed class EngineConnection
{
    private const int KeptLines = 200;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Process process;
    private readonly SemaphoreSlim writing = new(1);
    private readonly Queue<string> errorLines = new();
    private readonly Task errors;
    private readonly ILogger logger;
    private readonly long began = Stopwatch.GetTimestamp();

    private EngineConnection(Process process, ILogger logger)
    {
        (this.process, this.logger) = (process, logger);
        ProcessId = process.Id;
        errors = KeepErrorsAsync();
    }

    public int ProcessId { get; }

    /// <summary>The last lines of standard error.</summary>
    public IReadOnlyList<string> ErrorLines
    {
        get
        {
            lock (errorLines) return [.. errorLines];
        }
    }

    /// <exception cref="EngineFailure">It cannot be started.</exception>
    public static EngineConnection Start(UnmaskProgram program, EngineProcessOptions options)
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        var start = new ProcessStartInfo(program.File, [.. program.Arguments, EngineProcess.CommandName])
        {
            WorkingDirectory = options.WorkingDirectory ?? "",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = utf8,
            StandardOutputEncoding = utf8,
            StandardErrorEncoding = utf8,
        };
        program.AddTo(start.Environment);
        if (options.DataMemory is { } limit) EngineMemory.AddTo(start.Environment, limit);
        foreach (var (name, value) in options.Environment) start.Environment[name] = value;
        try
        {
            var started = new EngineConnection(Process.Start(start)!, program.Logger);
            program.Logger.LogInformation("Engine process {ProcessId} was started.", started.ProcessId);
            return started;
        }
        catch (Exception failure) when (failure is System.ComponentModel.Win32Exception or InvalidOperationException or IOException)
        {
            program.Logger.LogError(failure, "The engine process could not be started with {File}.", program.File);
            throw new EngineFailure(EngineFailureKind.CannotStart, $"The engine cannot be started with {program.File}: {failure.Message.TrimEnd('.')}. Install the program again.", failure.ToString());
        }
    }

    /// <summary>Hands each reply to <paramref name="reply"/>, until the process ends; then gives its exit code.</summary>
    public async Task<int> ReadAsync(Action<EngineReply> reply)
    {
        while (await process.StandardOutput.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            if (EngineWire.ReadReply(line) is { } read) reply(read);
        }

        // Who closed its output has nothing more to say.
        if (!await EndsAsync().ConfigureAwait(false)) Kill();
        await process.WaitForExitAsync().ConfigureAwait(false);
        await Task.WhenAny(errors, Task.Delay(Patience)).ConfigureAwait(false);
        int code = process.ExitCode;
        logger.Log(code == 0 ? LogLevel.Information : LogLevel.Warning, "Engine process {ProcessId} ended with exit code {ExitCode} after {Duration}.", ProcessId, code, Stopwatch.GetElapsedTime(began));
        return code;
    }

    /// <summary>Sends a line. Whether the process lives to read it is seen by <see cref="ReadAsync"/> only.</summary>
    public async Task SendAsync(EngineCall call)
    {
        await writing.WaitAsync().ConfigureAwait(false);
        try
        {
            var stream = process.StandardInput.BaseStream;
            await stream.WriteAsync(EngineWire.Line(call)).ConfigureAwait(false);
            await stream.FlushAsync().ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // Its end is told by the reading side, with the reason.
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>Closes its input, which ends it; kills it when it does not end.</summary>
    public async Task CloseAsync()
    {
        try
        {
            process.StandardInput.Close();
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // It ended before.
        }

        if (!await EndsAsync().ConfigureAwait(false)) Kill();
    }

    private async Task<bool> EndsAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return process.HasExited;
        }
    }

    /// <summary>Ends the process without asking it.</summary>
    public void Kill()
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It ended by itself meanwhile.
        }
    }

    private async Task KeepErrorsAsync()
    {
        while (await process.StandardError.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            lock (errorLines)
            {
                if (errorLines.Count == KeptLines) errorLines.Dequeue();
                errorLines.Enqueue(line);
            }
        }
    }
}
