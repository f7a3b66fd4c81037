using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Unmask.Core.Tracking.Wandb;

/// <summary>The server said no, and asking again changes nothing.</summary>
internal sealed class WandbRefusal(string sentence) : Exception(sentence);

/// <summary>Calls to the server. What fails for a while is tried again, from 2 seconds doubling to 60; what is refused is not.</summary>
internal sealed class WandbServer : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Uri baseUrl;
    private readonly AuthenticationHeaderValue key;
    private readonly TimeSpan firstPause;

    // The key goes to this server and no other, so redirects are not followed.
    private readonly HttpClient client = new(new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(20) }) { Timeout = Patience };

    /// <param name="baseUrl">Its address.</param>
    /// <param name="key">The person's key.</param>
    /// <param name="firstPause">For tests; null for 2 seconds.</param>
    public WandbServer(Uri baseUrl, string key, TimeSpan? firstPause = null)
    {
        this.baseUrl = new Uri(baseUrl.ToString().TrimEnd('/') + "/");
        this.key = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes("api:" + key)));
        this.firstPause = firstPause ?? FirstPause;
    }

    /// <summary>The last try failed.</summary>
    public bool IsAway { get; private set; }

    /// <summary>Called with a sentence at the first failure of a call that is tried again.</summary>
    public Action<string>? Stumbled { get; init; }

    /// <summary>Asks by GraphQL.</summary>
    /// <param name="operation">Name of the operation.</param>
    /// <param name="query">Its text.</param>
    /// <param name="variables">Its variables.</param>
    /// <param name="stop">Ends the tries.</param>
    /// <returns>The object <c>data</c>.</returns>
    /// <exception cref="WandbRefusal">It was refused.</exception>
    public JsonElement Ask(string operation, string query, JsonObject variables, CancellationToken stop)
    {
        string body = new JsonObject { ["operationName"] = operation, ["query"] = query, ["variables"] = variables }.ToJsonString();
        JsonElement answer = Post("graphql", body, stop, retriesConflict: operation == "UpsertBucket");
        if (answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("errors", out JsonElement errors) && errors is { ValueKind: JsonValueKind.Array } && errors.GetArrayLength() > 0)
            throw new WandbRefusal($"it answered {operation} with: {(errors[0].TryGetProperty("message", out JsonElement message) ? message.ToString() : errors[0].ToString())}");
        return answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("data", out JsonElement data) ? data : throw new WandbRefusal($"it answered {operation} without data");
    }

    /// <summary>Sends JSON.</summary>
    /// <param name="path">Below the address.</param>
    /// <param name="json">The content.</param>
    /// <param name="stop">Ends the tries.</param>
    /// <param name="retriesConflict">Whether 409 is tried again.</param>
    /// <exception cref="WandbRefusal">It was refused.</exception>
    public JsonElement Post(string path, string json, CancellationToken stop, bool retriesConflict = false)
    {
        string text = Send(() => new HttpRequestMessage(HttpMethod.Post, new Uri(baseUrl, path)) { Headers = { Authorization = key }, Content = new StringContent(json, Encoding.UTF8, "application/json") }, stop, retriesConflict);
        try
        {
            return text.Length == 0 ? default : JsonInput.ParseElement(Encoding.UTF8.GetBytes(text));
        }
        catch (JsonException)
        {
            throw new WandbRefusal($"{baseUrl.Host} answers with something that is no JSON; is WANDB_BASE_URL the address of a Weights & Biases server?");
        }
    }

    /// <summary>Puts a file where the server said, without the key.</summary>
    /// <param name="address">The address it gave; a relative one belongs to the server.</param>
    /// <param name="headers">The headers it gave, as "Name: value".</param>
    /// <param name="path">The file.</param>
    /// <param name="stop">Ends the tries.</param>
    /// <exception cref="WandbRefusal">It was refused.</exception>
    public void Put(string address, IEnumerable<string> headers, string path, CancellationToken stop) => Send(() =>
    {
        var request = new HttpRequestMessage(HttpMethod.Put, new Uri(baseUrl, address)) { Content = new StreamContent(File.OpenRead(path)) };
        foreach (string[] header in headers.Select(header => header.Split(':', 2)).Where(header => header.Length == 2))
        {
            if (!request.Headers.TryAddWithoutValidation(header[0].Trim(), header[1].Trim())) request.Content.Headers.TryAddWithoutValidation(header[0].Trim(), header[1].Trim());
        }

        return request;
    }, stop, retriesConflict: false);

    public void Dispose() => client.Dispose();

    private string Send(Func<HttpRequestMessage> make, CancellationToken stop, bool retriesConflict)
    {
        for (TimeSpan pause = firstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            string trouble;
            try
            {
                using HttpRequestMessage request = make();
                using HttpResponseMessage response = client.Send(request, HttpCompletionOption.ResponseContentRead, stop);
                IsAway = false;
                if (response.IsSuccessStatusCode)
                {
                    using var reader = new StreamReader(response.Content.ReadAsStream(stop));
                    return reader.ReadToEnd();
                }

                if (!IsPassing(response.StatusCode, retriesConflict)) throw new WandbRefusal(Explain(response.StatusCode));
                trouble = $"it answers {(int)response.StatusCode}";
            }
            catch (HttpRequestException failure)
            {
                trouble = failure.Message.TrimEnd('.');
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                trouble = $"it does not answer within {Patience.TotalSeconds:0} seconds";
            }

            IsAway = true;
            Stumbled?.Invoke($"Weights & Biases cannot be reached at {baseUrl.Host}: {trouble}. The connection is retried; training continues.");
            stop.WaitHandle.WaitOne(pause);
            stop.ThrowIfCancellationRequested();
        }
    }

    private static bool IsPassing(HttpStatusCode status, bool retriesConflict) =>
        status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (status == HttpStatusCode.Conflict && retriesConflict) || ((int)status >= 500 && status != HttpStatusCode.NotImplemented);

    private static string Explain(HttpStatusCode status) => status switch
    {
        HttpStatusCode.Unauthorized => "the key is not accepted (401); copy it again from the site's page of settings",
        HttpStatusCode.Forbidden => "the key may not write to this project (403); check wandb_entity and wandb_project",
        HttpStatusCode.NotFound => "there is no such project or address (404); check wandb_entity, wandb_project and WANDB_BASE_URL",
        HttpStatusCode.RequestEntityTooLarge => "what is sent is too large for it (413)",
        _ => $"it answers {(int)status}",
    };
}
