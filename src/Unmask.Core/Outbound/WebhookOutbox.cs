using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Unmask.Core.Events;
using Unmask.Core.Storage;

namespace Unmask.Core.Outbound;

/// <summary>
/// Sends events to the person's webhook, in order. Each is a file first and goes when it was taken, so that a killed workbench sends it when it is
/// back. The body is JSON; <c>X-Unmask-Signature</c> is <c>sha256=</c> and the HMAC of the body with the secret, <c>X-Unmask-Delivery</c> is the same
/// when an event is sent again.
/// </summary>
public sealed partial class WebhookOutbox : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Oldest = TimeSpan.FromDays(1);

    private readonly string folder;
    private readonly Func<WebhookTarget?> target;
    private readonly TimeSpan firstPause;
    private readonly HttpClient client = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = Patience };
    private readonly CancellationTokenSource closing = new();
    private readonly SemaphoreSlim wake = new(0);
    private readonly Task work;
    private long last;

    /// <param name="folder">Where events wait.</param>
    /// <param name="target">Where they go; null while there is no webhook: then nothing is kept.</param>
    /// <param name="firstPause">For tests; null for 2 seconds.</param>
    public WebhookOutbox(string folder, Func<WebhookTarget?> target, TimeSpan? firstPause = null)
    {
        (this.folder, this.target, this.firstPause) = (folder, target, firstPause ?? FirstPause);
        work = Task.Run(Work);
    }

    /// <summary>How the last delivery went, a sentence; null before the first.</summary>
    public string? LastOutcome { get; private set; }

    /// <summary>Sends an event as soon as it can be. Returns at once; where it cannot be kept on the disk, <see cref="LastOutcome"/> tells.</summary>
    /// <param name="kind">Its name, such as run.failed.</param>
    /// <param name="content">What happened; becomes JSON.</param>
    public void Send(string kind, object content)
    {
        if (target() is null) return;
        var now = DateTimeOffset.UtcNow;
        var body = new JsonObject { ["event"] = kind, ["time"] = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture), ["data"] = JsonSerializer.SerializeToNode(content, EventFormat.Options) };
        try
        {
            Directory.CreateDirectory(folder);
            var order = last = Math.Max(last + 1, now.UtcTicks);
            Durable.WriteFile(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{order:D20}-{Guid.NewGuid():N}.json")), Encoding.UTF8.GetBytes(body.ToJsonString()));
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            // A full disk ends no workbench; the page of settings tells it.
            LastOutcome = $"{StorageFailure.Explain(failure, folder).Message} The event {kind} was not sent.";
            return;
        }

        wake.Release();
    }

    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync();
        await work;
        client.Dispose();
        closing.Dispose();
        wake.Dispose();
    }

    private async Task Work()
    {
        var pause = firstPause;
        while (!closing.IsCancellationRequested)
        {
            try
            {
                var isAway = false;
                foreach (var file in Waiting())
                {
                    if (target() is not { } to || !await IsTaken(to, file)) isAway = target() is not null;
                    else pause = firstPause;
                    if (isAway) break;
                    File.Delete(file);
                }

                await wake.WaitAsync(isAway ? pause : Timeout.InfiniteTimeSpan, closing.Token);
                if (isAway) pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
            catch (OperationCanceledException) when (closing.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                // Whatever came up, later events go still.
                LastOutcome = $"An event could not be read: {failure.Message}";
                await Task.WhenAny(Task.Delay(pause, closing.Token));
            }
        }
    }

    /// <summary>The events that wait, the oldest first; not one that is being written.</summary>
    private IEnumerable<string> Waiting() => !Directory.Exists(folder) ? [] :
        Directory.GetFiles(folder, "*.json").Where(file => Name().IsMatch(Path.GetFileName(file))).Order(StringComparer.Ordinal);

    /// <summary>The names that <see cref="Send"/> gives.</summary>
    [GeneratedRegex(@"^\d+-[0-9A-Za-z]+\.json$", RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    /// <summary>Posts one event. What is refused for good, or is too old, counts as taken: it will never be.</summary>
    private async Task<bool> IsTaken(WebhookTarget to, string file)
    {
        byte[] body;
        try
        {
            body = InputFile.ReadBytes(file);
        }
        catch (UserError unreadable)
        {
            // It holds up no other event.
            LastOutcome = $"An event was not sent: {unreadable.Message}";
            return true;
        }

        var name = Path.GetFileNameWithoutExtension(file);
        using var request = new HttpRequestMessage(HttpMethod.Post, to.Address) { Content = new ByteArrayContent(body) { Headers = { ContentType = new("application/json") } } };
        request.Headers.UserAgent.ParseAdd("unmask");
        request.Headers.Add("X-Unmask-Delivery", name[(name.IndexOf('-') + 1)..]);
        if (to.Secret is { } secret) request.Headers.Add("X-Unmask-Signature", "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body)));
        try
        {
            using var response = await client.SendAsync(request, closing.Token);
            LastOutcome = $"{to.Address.Host} answered {(int)response.StatusCode} at {DateTimeOffset.Now:HH:mm:ss}.";
            var isPassing = response.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)response.StatusCode >= 500;
            return !isPassing || IsOld(file);
        }
        catch (Exception failure) when (failure is HttpRequestException || (failure is OperationCanceledException && !closing.IsCancellationRequested))
        {
            LastOutcome = $"{to.Address.Host} could not be reached at {DateTimeOffset.Now:HH:mm:ss}: {(failure is HttpRequestException ? failure.Message.TrimEnd('.') : "no answer")}. It is tried again.";
            return IsOld(file);
        }
    }

    private static bool IsOld(string file) => DateTime.UtcNow - File.GetLastWriteTimeUtc(file) > Oldest;
}
