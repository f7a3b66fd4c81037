using System.Collections.Concurrent;
using System.Text.Json;
using Unmask.Core;
using Unmask.Core.Protocol;
using Unmask.Core.Protocol.Client;
using Unmask.Engine.Hosting.Calls;

namespace Unmask.Engine.Hosting;

/// <summary>Reads requests, runs operations, writes replies, until the input ends. What goes wrong in an operation is its answer and never ends the service.</summary>
public sealed class EngineService : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly Dictionary<string, Operation> operations;
    private readonly Stream output;
    private readonly Lock writing = new();
    private readonly ComputeThread compute = new();
    private readonly ConcurrentDictionary<long, (CancellationTokenSource Stop, Task Work)> running = [];

    /// <param name="operations">What can be asked for.</param>
    /// <param name="output">Where replies go.</param>
    public EngineService(IEnumerable<Operation> operations, Stream output)
    {
        this.operations = operations.ToDictionary(operation => operation.Name);
        this.output = output;
    }

    /// <summary>Serves until <paramref name="input"/> ends. Work under way is then cancelled.</summary>
    /// <returns>Whether all work ended; what did not is cut off only by ending the process.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was asked for.</exception>
    public async Task<bool> RunAsync(TextReader input, CancellationToken stop)
    {
        var stopped = Task.Delay(Timeout.Infinite, stop);
        while (true)
        {
            // A read from standard input cannot be cancelled, so it is left behind.
            var line = Task.Run(input.ReadLine, CancellationToken.None);
            if (await Task.WhenAny(line, stopped) == stopped || await line is not { } text) break;
            if (text.Length > 0) Take(text);
        }

        var ended = await EndAsync();
        if (ended) stop.ThrowIfCancellationRequested();
        return ended;
    }

    public void Dispose() => compute.Dispose();

    private void Take(string line)
    {
        switch (EngineWire.ReadCall(line))
        {
            case { Cancel: { } cancelled }:
                if (running.TryGetValue(cancelled, out var call)) call.Stop.Cancel();
                break;
            case { Id: { } id, Op: { } name } asked:
                if (!operations.TryGetValue(name, out var operation)) Refuse(id, $"The engine has no operation {name}; it has {string.Join(", ", operations.Keys)}.");
                else if (running.ContainsKey(id)) Refuse(id, $"Request {id} is under way already; use a unique id for each request.");
                else Start(id, operation, asked);
                break;
            default:
                Refuse(null, $"The engine received a line that is not a request: {(line.Length > 200 ? line[..200] + "..." : line)} Send {{\"id\":1,\"op\":\"machine\",\"args\":{{}}}}, for example.");
                break;
        }
    }

    private void Start(long id, Operation operation, EngineCall asked)
    {
        var stop = new CancellationTokenSource();
        var call = new Call(id, Send, stop.Token);
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        running[id] = (stop, started.Task);
        var taken = 0;
        void End(Func<EngineReply> answer)
        {
            Send(answer());
            running.TryRemove(id, out _);
            started.SetResult();
        }

        void Work()
        {
            // What was cancelled while it waited is answered already.
            if (Interlocked.Exchange(ref taken, 1) == 0) End(() => Answer(id, operation, asked, call));
        }

        if (!operation.IsHeavy)
        {
            _ = Task.Run(Work, CancellationToken.None);
            return;
        }

        if (compute.IsBusy) call.Report(new EngineProgress("waiting", "for another task"));
        stop.Token.Register(() =>
        {
            if (Interlocked.Exchange(ref taken, 1) == 0) End(() => Cancelled(id, operation));
        });
        _ = compute.RunAsync(Work);
    }

    private static EngineReply Answer(long id, Operation operation, EngineCall asked, Call call)
    {
        try
        {
            call.Stop.ThrowIfCancellationRequested();
            return new EngineReply { Id = id, Result = operation.Run(asked, call) };
        }
        catch (OperationCanceledException) when (call.Stop.IsCancellationRequested)
        {
            return Cancelled(id, operation);
        }
        catch (JsonException wrong)
        {
            return Failed(id, new EngineError([$"The arguments of {operation.Name} cannot be used: {wrong.Message}"]));
        }
        catch (OutOfMemoryException)
        {
            GC.Collect();
            return Failed(id, new EngineError([$"{operation.Name} needs more memory than there is. {EngineMemory.Sentence(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)}"]));
        }
        catch (Exception fault)
        {
            return Failed(id, Faults.ProblemsOf(fault) is { } problems ? new EngineError(problems) : new EngineError([Faults.BugOf(fault)]) { Bug = fault.ToString() });
        }
    }

    private static EngineReply Cancelled(long id, Operation operation) => Failed(id, new EngineError([$"{operation.Name} was cancelled."]) { Cancelled = true });

    private static EngineReply Failed(long id, EngineError error) => new() { Id = id, Error = error };

    private void Refuse(long? id, string problem) => Send(new EngineReply { Id = id, Error = new EngineError([problem]) });

    private void Send(EngineReply reply)
    {
        var line = EngineWire.Line(reply);
        lock (writing)
        {
            try
            {
                output.Write(line);
                output.Flush();
            }
            catch (IOException)
            {
                // Nobody reads any more; the end of the input follows.
            }
        }
    }

    /// <summary>Cancels what runs and waits a little for it to end.</summary>
    private async Task<bool> EndAsync()
    {
        foreach (var (stop, _) in running.Values) await stop.CancelAsync();
        var rest = Task.WhenAll(running.Values.Select(call => call.Work));
        return await Task.WhenAny(rest, Task.Delay(Patience)) == rest;
    }
}
