using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Unmask.Core.Hub.Http;

/// <summary>
/// Calls to the Hub. Redirects are followed by hand, so that the token goes to the Hub's own scheme, host and port only, whatever an answer says.
/// </summary>
internal sealed partial class HubHttp : IDisposable
{
    private const int MostRedirects = 10;
    private const int LongestBodyOfError = 4096;

    /// <summary>A repository of a hundred thousand files is told in some 20 MB.</summary>
    private const int LongestJson = 64 << 20;

    private readonly HttpClient client;

    /// <param name="settings">Whose Hub, and who asks.</param>
    /// <param name="patience">How long to wait; as usual when null.</param>
    /// <param name="tell">Told why it takes long.</param>
    public HubHttp(HubSettings settings, HubPatience? patience = null, Action<string>? tell = null)
    {
        Settings = settings;
        Patience = patience ?? new HubPatience();
        Tell = tell ?? (static _ => { });
        client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public HubSettings Settings { get; }

    public HubPatience Patience { get; }

    private Action<string> Tell { get; }

    public void Dispose() => client.Dispose();

    /// <summary>Tells the person a sentence.</summary>
    public void Say(string sentence) => Tell(sentence);

    /// <summary>A counter of failures for one thing.</summary>
    /// <param name="once">Do not try again: there is something else to do.</param>
    public HubRetries Retries(bool once = false) => new(Settings, once ? Patience with { Tries = 1, TriesToConnect = 1 } : Patience, Tell);

    /// <summary>The address below the Hub's own; the parts are escaped already.</summary>
    public Uri At(string path) => new($"{Settings.Address}/{path}");

    /// <summary>An answer in JSON and the address of its next page, if it has one.</summary>
    /// <exception cref="UserError">It cannot be had.</exception>
    public async Task<(JsonNode Content, Uri? Next)> Json(Uri address, HubSubject about, CancellationToken stop, bool once = false) => await Retries(once).Run(
        async () =>
        {
            using var answer = await Send(HttpMethod.Get, address, about, from: 0, relativeOnly: false, stop);
            using var patience = new Deadline(Patience.Silence, stop);
            return (Parsed(await Body(answer, patience)), NextOf(answer));
        },
        stop);

    /// <summary>One call, with its redirects; nothing is tried again. The body is not read yet.</summary>
    /// <param name="method">GET or HEAD.</param>
    /// <param name="address">Where.</param>
    /// <param name="about">What it is about.</param>
    /// <param name="from">The first byte that is wanted.</param>
    /// <param name="relativeOnly">Follow only redirects inside the Hub; an answer that leads to a storage is given back as it is.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="HubRefusal">The answer is no success.</exception>
    /// <exception cref="UserError">Calls are forbidden, or the answer is none of the Hub.</exception>
    public async Task<HttpResponseMessage> Send(HttpMethod method, Uri address, HubSubject about, long from, bool relativeOnly, CancellationToken stop)
    {
        if (Settings.Offline) throw HubErrors.Offline(about);
        for (int redirects = 0; ; redirects++)
        {
            var answer = await SendOnce(method, address, from, stop);
            bool isLast = relativeOnly && answer.Headers.NonValidated.Contains("X-Linked-Etag");
            if (Redirect(answer, address) is { } there && !(relativeOnly && there.Leaves && (isLast || !Settings.IsOwn(there.Address))))
            {
                answer.Dispose();
                if (redirects == MostRedirects) throw HubErrors.NotTheHub(Settings, $"with more than {MostRedirects} redirects");
                if (address.Scheme == Uri.UriSchemeHttps && there.Address.Scheme != Uri.UriSchemeHttps) throw HubErrors.NotTheHub(Settings, $"with a redirect to {there.Address.Host} without encryption");
                address = there.Address;
                continue;
            }

            if (answer.IsSuccessStatusCode || (relativeOnly && (int)answer.StatusCode is >= 300 and < 400)) return answer;
            using (answer) throw await Refusal(answer, address, about, stop);
        }
    }

    private async Task<HttpResponseMessage> SendOnce(HttpMethod method, Uri address, long from, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(method, address);
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
        if (from > 0) request.Headers.Range = new RangeHeaderValue(from, null);
        Identify(request, address);
        using var patience = new Deadline(Patience.Silence, stop);
        return await patience.Watch(token => client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token));
    }

    /// <summary>Where a redirect leads, and whether it names a host; null for none.</summary>
    private static (Uri Address, bool Leaves)? Redirect(HttpResponseMessage answer, Uri asked)
    {
        if ((int)answer.StatusCode is not (301 or 302 or 303 or 307 or 308) || !answer.Headers.NonValidated.TryGetValues("Location", out var values)) return null;
        string location = values.ToString();
        bool leaves = location.StartsWith("//", StringComparison.Ordinal) || location.StartsWith("http:", StringComparison.OrdinalIgnoreCase) || location.StartsWith("https:", StringComparison.OrdinalIgnoreCase);
        return Uri.TryCreate(asked, location, out var there) && there.Scheme is "http" or "https" ? (there, leaves) : null;
    }

    private async Task<HubRefusal> Refusal(HttpResponseMessage answer, Uri address, HubSubject about, CancellationToken stop)
    {
        int status = (int)answer.StatusCode;
        var wait = HubRetries.AskedWait(answer, DateTimeOffset.UtcNow);
        if (!Settings.IsOwn(address))
        {
            // Signed addresses of a storage expire: the Hub gives a new one.
            return new HubRefusal(HubErrors.Of(HubFault.Busy, $"{address.Host}, where {Settings.Address} keeps its files, answered {status} several times. Try again later; what was downloaded is kept."), again: true, wait, answer.StatusCode);
        }

        string? Header(string name) => answer.Headers.TryGetValues(name, out var values) ? string.Join(' ', values) : null;
        string? message = Header("X-Error-Message") ?? await MessageIn(answer, stop);
        return new HubRefusal(HubErrors.Answered(Settings, about, answer.StatusCode, Header("X-Error-Code"), message, wait), again: status is 416 or 429 or 500 or 502 or 503 or 504, wait, answer.StatusCode);
    }

    private async Task<string?> MessageIn(HttpResponseMessage answer, CancellationToken stop)
    {
        if (answer.Content.Headers.ContentLength is 0 or > LongestBodyOfError) return null;
        using var patience = new Deadline(Patience.Silence, stop);
        try
        {
            return JsonInput.Parse(await Body(answer, patience, LongestBodyOfError)) is JsonObject json ? json["error"]?.ToString() : null;
        }
        catch (Exception other) when (other is JsonException or UserError)
        {
            return null;
        }
    }

    /// <summary>A body of JSON, of bounded size whatever the answer says of it.</summary>
    private async Task<byte[]> Body(HttpResponseMessage answer, Deadline patience, int limit = LongestJson)
    {
        await using var stream = await patience.Watch(token => answer.Content.ReadAsStreamAsync(token));
        using var all = new MemoryStream();
        var block = new byte[1 << 16];
        while (await patience.Watch(token => stream.ReadAsync(block, token).AsTask()) is > 0 and int read)
        {
            if (all.Length + read > limit) throw HubErrors.NotTheHub(Settings, $"with more than {limit >> 10:N0} KiB of JSON");
            all.Write(block, 0, read);
        }

        return all.ToArray();
    }

    /// <summary>An address that an answer names, of this Hub where it is a path.</summary>
    internal Uri AddressIn(string? text) =>
        text is not null && Uri.TryCreate(Settings.Endpoint, text, out var address) && address.Scheme is "http" or "https" ? address : throw HubErrors.NotTheHub(Settings, "without an address");

    private JsonNode Parsed(byte[] body)
    {
        try
        {
            return JsonInput.Parse(body) ?? throw HubErrors.NotTheHub(Settings, "with nothing");
        }
        catch (JsonException)
        {
            throw HubErrors.NotTheHub(Settings, string.Create(CultureInfo.InvariantCulture, $"with {body.Length} bytes that are no JSON"));
        }
    }

    /// <summary>Header Link: <c>&lt;address&gt;; rel="next"</c>.</summary>
    private Uri? NextOf(HttpResponseMessage answer)
    {
        if (!answer.Headers.TryGetValues("Link", out var links)) return null;
        foreach (string link in links.SelectMany(line => line.Split(", <")))
        {
            int end = link.IndexOf('>', StringComparison.Ordinal);
            if (end < 0 || !link[end..].Contains("rel=\"next\"", StringComparison.Ordinal)) continue;
            if (!Uri.TryCreate(answer.RequestMessage!.RequestUri!, link[..end].TrimStart('<', ' '), out var next)) return null;
            return Settings.IsOwn(next) ? next : throw HubErrors.NotTheHub(Settings, $"with a next page on {next.Host}");
        }

        return null;
    }
}
