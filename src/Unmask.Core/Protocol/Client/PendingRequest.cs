namespace Unmask.Core.Protocol.Client;

/// <summary>A request that waits for its answer.</summary>
internal abstract class PendingRequest(string operation)
{
    public string Operation { get; } = operation;

    /// <summary>What was sent, where it may be sent to another process as well; null where it may not.</summary>
    public EngineCall? Call { get; set; }

    /// <summary>Takes news on the request.</summary>
    /// <returns>Whether it was the last.</returns>
    public abstract bool Take(EngineReply reply);

    /// <summary>Ends it without an answer.</summary>
    public abstract void Fail(Exception reason);
}

/// <inheritdoc/>
internal sealed class PendingRequest<TResult>(string operation, Action<EngineProgress>? progress, Action<object>? frame) : PendingRequest(operation)
{
    private readonly TaskCompletionSource<TResult> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<TResult> Answer => answer.Task;

    public override bool Take(EngineReply reply)
    {
        try
        {
            if (reply.Error is { } error) Fail(ReasonOf(error));
            else if (reply.Result is { } result) answer.TrySetResult(EngineWire.As<TResult>(result));
            else if (reply.Frame is { } piece) frame?.Invoke(piece);
            else if (reply.Progress is { } far) progress?.Invoke(far);
        }
        catch (Exception fault)
        {
            // The listener's fault, or an answer that is not understood: it belongs to who asked.
            Fail(fault);
        }

        return answer.Task.IsCompleted;
    }

    public override void Fail(Exception reason)
    {
        if (reason is OperationCanceledException cancelled) answer.TrySetCanceled(cancelled.CancellationToken);
        else answer.TrySetException(reason);
    }

    private static Exception ReasonOf(EngineError error) =>
        error.Cancelled == true ? new OperationCanceledException()
        : error.Bug is { } bug ? new EngineFailure(EngineFailureKind.Bug, string.Join(Environment.NewLine, error.Problems), bug)
        : new UserError(error.Problems);
}
