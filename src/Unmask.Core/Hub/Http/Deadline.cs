namespace Unmask.Core.Hub.Http;

/// <summary>Ends a wait for the network after a silence, or when the person stops.</summary>
internal sealed class Deadline(TimeSpan silence, CancellationToken stop) : IDisposable
{
    private readonly CancellationTokenSource source = CancellationTokenSource.CreateLinkedTokenSource(stop);

    public void Dispose() => source.Dispose();

    /// <summary>Waits for one thing to come; the time starts anew with each.</summary>
    /// <exception cref="TimeoutException">Nothing came in time.</exception>
    /// <exception cref="HttpRequestException">No connection came about.</exception>
    public async Task<T> Watch<T>(Func<CancellationToken, Task<T>> wait)
    {
        source.CancelAfter(silence);
        try
        {
            return await wait(source.Token);
        }
        catch (OperationCanceledException ended) when (!stop.IsCancellationRequested)
        {
            if (!source.IsCancellationRequested) throw new HttpRequestException(HttpRequestError.ConnectionError, "no connection comes about in time", ended);
            throw new TimeoutException($"nothing came for {HubErrors.Seconds(silence)}");
        }
    }
}
