using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Unmask.Core.Hub.Http;

/// <summary>How long is waited for the Hub.</summary>
internal sealed record HubPatience
{
    /// <summary>Tries of one thing that fails without any headway between.</summary>
    public int Tries { get; init; } = 5;

    /// <summary>Tries to reach a host at all: where there is no network, that is soon known.</summary>
    public int TriesToConnect { get; init; } = 3;

    /// <summary>Wait after the first failure; each next one is twice as long.</summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan LongestWait { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>The longest wait that the Hub may ask for. Its windows last five minutes.</summary>
    public TimeSpan LongestAsked { get; init; } = TimeSpan.FromSeconds(330);

    /// <summary>No byte for so long means that the connection is dead.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>An answer that is no success.</summary>
/// <param name="error">What to tell when it stays so.</param>
/// <param name="again">Whether to ask again makes sense.</param>
/// <param name="wait">How long the Hub asks to wait before; null where it does not say.</param>
/// <param name="status">Its status; null where it is of an answer that looked like a success.</param>
internal sealed class HubRefusal(UserError error, bool again, TimeSpan? wait, HttpStatusCode? status = null) : Exception(error.Message)
{
    public HttpStatusCode? Status => status;

    public UserError Error => error;

    public bool Again => again;

    public TimeSpan? Wait => wait;
}

/// <summary>Counts the failures of one thing, waits between them, and gives up.</summary>
internal sealed partial class HubRetries(HubSettings settings, HubPatience patience, Action<string> tell)
{
    private int failures;

    /// <summary>Something arrived: failures before count no more.</summary>
    public void Restart() => failures = 0;

    /// <summary>Runs <paramref name="work"/> until it succeeds.</summary>
    /// <exception cref="UserError">It failed too often, or for good.</exception>
    public async Task<T> Run<T>(Func<Task<T>> work, CancellationToken stop)
    {
        while (true)
        {
            try
            {
                return await work();
            }
            catch (Exception failure) when (IsFailureOfNetwork(failure, stop) || failure is HubRefusal)
            {
                await After(failure, stop);
            }
        }
    }

    /// <summary>Waits before the next try.</summary>
    /// <exception cref="UserError">There is no next try.</exception>
    public async Task After(Exception failure, CancellationToken stop)
    {
        failures++;
        if (failure is HubRefusal refusal)
        {
            if (!refusal.Again || failures >= patience.Tries || refusal.Wait > patience.LongestAsked) throw refusal.Error;
            if (refusal.Wait is { } asked)
            {
                tell($"{settings.Address} asks to wait {HubErrors.Seconds(asked)}.");
                await Task.Delay(asked + TimeSpan.FromMilliseconds(100), stop);
                return;
            }
        }
        else
        {
            bool connected = failure is not HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError };
            bool hopeless = failure is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError };
            if (hopeless || failures >= (connected ? patience.Tries : patience.TriesToConnect)) throw HubErrors.NoNetwork(settings, Cause(failure));
        }

        var wait = patience.FirstWait * Math.Pow(2, failures - 1);
        await Task.Delay(wait < patience.LongestWait ? wait : patience.LongestWait, stop);
    }

    /// <summary>Did the network fail, and not the person stop or the disk break?</summary>
    public static bool IsFailureOfNetwork(Exception failure, CancellationToken stop) =>
        !stop.IsCancellationRequested && failure is HttpRequestException or HttpIOException or SocketException or TimeoutException;

    /// <summary>How long an answer asks to wait: header Retry-After, as seconds or as a date, or the time of header ratelimit. The longer one counts.</summary>
    public static TimeSpan? AskedWait(HttpResponseMessage answer, DateTimeOffset now)
    {
        TimeSpan? after = answer.Headers.RetryAfter switch
        {
            { Delta: { } seconds } => seconds,
            { Date: { } date } => date > now ? date - now : TimeSpan.Zero,
            _ => null,
        };
        TimeSpan? limit = answer.StatusCode == HttpStatusCode.TooManyRequests && answer.Headers.TryGetValues("ratelimit", out var values)
            && RateLimit().Match(string.Join(',', values)) is { Success: true } found
            ? TimeSpan.FromSeconds(int.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture)) : null;
        return after is { } one && limit is { } other ? (one > other ? one : other) : after ?? limit;
    }

    private static string Cause(Exception failure) => failure switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => "its name cannot be resolved",
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => $"no secure connection comes about ({failure.InnerException?.Message ?? failure.Message})",
        HttpRequestException { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused } } => "the connection is refused",
        TimeoutException => failure.Message,
        _ => $"the connection breaks ({failure.Message.TrimEnd('.')})",
    };

    [GeneratedRegex(@"""\w+""\s*;\s*r\s*=\s*\d+\s*;\s*t\s*=\s*(\d{1,6})", RegexOptions.CultureInvariant)]
    private static partial Regex RateLimit();
}
