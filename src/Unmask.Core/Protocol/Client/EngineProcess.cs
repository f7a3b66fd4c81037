using System.Text.Json;
using Microsoft.Extensions.Logging;
using Unmask.Core.Events;

namespace Unmask.Core.Protocol.Client;

/// <summary>
/// An engine beside this process: everything that touches a tensor or a token is asked of it. It is started by the first request, ended when nobody asks for a
/// while, and started anew after it died. Any number of requests may wait for their answers at a time; the engine does heavy work one after the other.
/// </summary>
public sealed class EngineProcess : IAsyncDisposable
{
    /// <summary>The command of the program that is the engine.</summary>
    public const string CommandName = "engine";

    private readonly UnmaskProgram program;
    private readonly EngineProcessOptions options;
    private readonly Lock gate = new();
    private readonly Dictionary<long, PendingRequest> pending = [];
    private readonly Timer idle;
    private readonly StoppingRequests stopping;
    private EngineConnection? connection;
    private long lastId;
    private bool disposed;

    /// <param name="program">How the program is started.</param>
    /// <param name="options">How it is kept.</param>
    public EngineProcess(UnmaskProgram program, EngineProcessOptions? options = null)
    {
        this.program = program;
        this.options = options ?? new EngineProcessOptions();
        idle = new Timer(_ => EndIfIdle());
        stopping = new StoppingRequests(this.options.CancelTime, EndLate);
    }

    /// <summary>Id of the running process; null when none runs.</summary>
    public int? ProcessId
    {
        get
        {
            lock (gate) return connection?.ProcessId;
        }
    }

    /// <summary>How many processes were started so far. A model that was loaded is gone when this has grown.</summary>
    public int Starts { get; private set; }

    /// <summary>Why the last process that ended unasked did so; null when none did.</summary>
    public string? LastDeath { get; private set; }

    /// <summary>The last lines that the running process wrote to standard error; none when none runs.</summary>
    public IReadOnlyList<string> RecentErrors
    {
        get
        {
            lock (gate) return connection?.ErrorLines ?? [];
        }
    }

    /// <summary>Asks the engine.</summary>
    /// <param name="request">What.</param>
    /// <param name="progress">Told how far it is, on the thread that reads: it must not block.</param>
    /// <param name="cancellation">Stops the work in the engine, too; the task is cancelled at once.</param>
    /// <exception cref="UserError">The person can mend it.</exception>
    /// <exception cref="EngineFailure">The engine cannot be started, died, or has a bug.</exception>
    public Task<TResult> AskAsync<TResult>(EngineRequest<TResult> request, Action<EngineProgress>? progress = null, CancellationToken cancellation = default) =>
        AskAsync<TResult>(request, progress, null, cancellation);

    /// <param name="request">What.</param>
    /// <param name="frame">Given each piece of the answer when it is there, in order; called as <paramref name="progress"/> is.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellation">Stops the work in the engine, too.</param>
    /// <inheritdoc cref="AskAsync{TResult}(EngineRequest{TResult}, Action{EngineProgress}?, CancellationToken)"/>
    public Task<TResult> AskAsync<TResult, TFrame>(
        EngineRequest<TResult, TFrame> request, Action<TFrame> frame, Action<EngineProgress>? progress = null, CancellationToken cancellation = default) =>
        AskAsync<TResult>(request, progress, piece => frame(EngineWire.As<TFrame>(piece)), cancellation);

    /// <summary>Ends the process; whoever waits for an answer is told.</summary>
    public async ValueTask DisposeAsync()
    {
        EngineConnection? last;
        lock (gate)
        {
            disposed = true;
            last = connection;
            connection = null;
            FailAll(new ObjectDisposedException(nameof(EngineProcess), "The engine was closed."));
        }

        stopping.Dispose();
        await idle.DisposeAsync().ConfigureAwait(false);
        if (last is not null) await last.CloseAsync().ConfigureAwait(false);
    }

    private async Task<TResult> AskAsync<TResult>(EngineRequest request, Action<EngineProgress>? progress, Action<object>? frame, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var operation = EngineRequest.OperationOf(request.GetType());
        // First of all, so that a request that cannot be written leaves nothing behind.
        var arguments = JsonSerializer.SerializeToElement(request, request.GetType(), EventFormat.Options);
        var waiting = new PendingRequest<TResult>(operation, progress, frame);
        EngineConnection engine;
        EngineCall call;
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            engine = connection ??= Connect();
            call = new EngineCall { Id = ++lastId, Op = operation, Args = arguments };
            waiting.Call = request is IRepeatableRequest ? call : null;
            pending.Add(lastId, waiting);
            idle.Change(Timeout.Infinite, Timeout.Infinite);
        }

        await engine.SendAsync(call).ConfigureAwait(false);
        await using var registration = cancellation.Register(() => Cancel(call.Id!.Value, cancellation)).ConfigureAwait(false);
        try
        {
            return await waiting.Answer.ConfigureAwait(false);
        }
        catch (EngineFailure failure)
        {
            program.Logger.LogWarning(failure, "The engine failed at {Operation}. {Trace}", operation, failure.Trace);
            throw;
        }
    }

    /// <summary>Called in the lock.</summary>
    private EngineConnection Connect()
    {
        var started = EngineConnection.Start(program, options);
        Starts++;
        _ = ReadAsync(started);
        return started;
    }

    private async Task ReadAsync(EngineConnection engine)
    {
        await Task.Yield();
        var exitCode = await engine.ReadAsync(reply => Take(engine, reply)).ConfigureAwait(false);
        lock (gate)
        {
            // Another may have been started since; what waits is waiting for that one.
            if (connection != engine) return;
            connection = null;
            stopping.Clear();
            LastDeath = EngineDeath.Sentence(exitCode, [.. pending.Values.Select(request => request.Operation)], engine.ErrorLines, options.DataMemory);
            FailAll(new EngineFailure(EngineFailureKind.Died, LastDeath, string.Join('\n', engine.ErrorLines)));
        }
    }

    private void Take(EngineConnection engine, EngineReply reply)
    {
        if (reply.Id is not { } id) return;
        bool isEnd = reply is { Result: not null } or { Error: not null };
        PendingRequest? request;
        lock (gate)
        {
            // With the end the request is nobody's to cancel, however long its answer takes to be read.
            if (isEnd) stopping.Remove(id);
            request = isEnd ? Forget(id) : pending.GetValueOrDefault(id);
        }

        // Without an end from the engine the listener failed: the work is for nobody.
        if (request is not null && request.Take(reply) && !isEnd) Stop(engine, id);
    }

    private void Cancel(long id, CancellationToken cancellation)
    {
        EngineConnection? engine;
        lock (gate) engine = connection;
        Stop(engine, id)?.Fail(new OperationCanceledException(cancellation));
    }

    /// <summary>Forgets a request and has its work stopped; null where it has ended.</summary>
    private PendingRequest? Stop(EngineConnection? engine, long id)
    {
        PendingRequest? request;
        lock (gate)
        {
            request = Forget(id);
            if (request is not null && engine is not null) stopping.Add(engine, id, request.Operation);
        }

        if (request is not null && engine is not null) _ = engine.SendAsync(new EngineCall { Cancel = id });
        return request;
    }

    /// <summary>Cancelled work does not end: its process does, and what else waits there is asked of a new one where it can be.</summary>
    private void EndLate(EngineConnection late, string operation)
    {
        List<EngineCall> again = [];
        EngineConnection? next = null;
        lock (gate)
        {
            if (connection != late) return;
            connection = null;
            stopping.Clear();
            LastDeath = $"The engine was ended, because {operation} was cancelled and did not stop within {options.CancelTime!.Value.TotalSeconds:0.#} s.";
            if (!disposed)
            {
                foreach (var (id, request) in pending.ToArray())
                {
                    if (request.Call is { } call)
                    {
                        again.Add(call);
                        continue;
                    }

                    pending.Remove(id);
                    request.Fail(new EngineFailure(EngineFailureKind.Died, $"{LastDeath} Try {request.Operation} again; the engine starts anew."));
                }

                try
                {
                    if (again.Count > 0) next = connection = Connect();
                }
                catch (EngineFailure failure)
                {
                    FailAll(failure);
                }
            }
        }

        late.Kill();
        foreach (var call in again)
        {
            if (next is not null) _ = next.SendAsync(call);
        }
    }

    private PendingRequest? Forget(long id)
    {
        lock (gate)
        {
            if (!pending.Remove(id, out var request)) return null;
            if (pending.Count == 0 && !disposed && options.IdleTime is { } time) idle.Change(time, Timeout.InfiniteTimeSpan);
            return request;
        }
    }

    private void EndIfIdle()
    {
        EngineConnection? unused;
        lock (gate)
        {
            if (pending.Count > 0 || disposed) return;
            unused = connection;
            connection = null;
        }

        _ = unused?.CloseAsync();
    }

    /// <summary>Called in the lock.</summary>
    private void FailAll(Exception reason)
    {
        foreach (var request in pending.Values) request.Fail(reason);
        pending.Clear();
    }
}
