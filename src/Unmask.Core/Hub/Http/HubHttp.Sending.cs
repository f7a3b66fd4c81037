using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Unmask.Core.Hub.Http;

/// <summary>Calls that send something. Their redirects are not followed: what is sent goes where it was meant to, or nowhere.</summary>
internal sealed partial class HubHttp
{
    private const string JsonType = "application/json";

    /// <summary>Sends JSON and gives the answer back; null where it is empty.</summary>
    /// <param name="address">Where, on the Hub itself.</param>
    /// <param name="content">What.</param>
    /// <param name="about">What it is about.</param>
    /// <param name="stop">Ends it.</param>
    /// <param name="mediaType">Of content and answer; JSON when null.</param>
    /// <param name="isFine">Further answers that are as good as a success.</param>
    /// <exception cref="UserError">It was refused, or the Hub cannot be reached.</exception>
    public Task<JsonNode?> Post(Uri address, JsonNode content, HubSubject about, CancellationToken stop, string? mediaType = null, Func<HttpStatusCode, bool>? isFine = null)
    {
        byte[] body = Encoding.UTF8.GetBytes(content.ToJsonString());
        return Post(address, () => new ByteArrayContent(body), mediaType ?? JsonType, about, isFine, stop);
    }

    /// <summary>Sends JSON objects, one a line.</summary>
    /// <inheritdoc cref="Post(Uri, JsonNode, HubSubject, CancellationToken, string?, Func{HttpStatusCode, bool}?)"/>
    public Task<JsonNode?> Post(Uri address, IEnumerable<JsonObject> lines, HubSubject about, CancellationToken stop)
    {
        byte[] body = Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line.ToJsonString() + "\n")));
        return Post(address, () => new ByteArrayContent(body), "application/x-ndjson", about, null, stop);
    }

    /// <summary>Puts a part of a file where the storage said, without the token unless that is the Hub itself.</summary>
    /// <returns>The tag of what was put; null where the answer has none.</returns>
    /// <exception cref="UserError">It was refused, or the storage cannot be reached.</exception>
    public Task<string?> Put(Uri address, IReadOnlyDictionary<string, string> headers, Func<FileStream> open, long from, long length, HubMeter meter, CancellationToken stop) => Retries().Run(
        async () =>
        {
            await using var file = open();
            var content = new FilePart(file, from, length, meter);
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Put, address) { Content = content };
                foreach (var (name, value) in headers)
                {
                    if (!request.Headers.TryAddWithoutValidation(name, value)) content.Headers.TryAddWithoutValidation(name, value);
                }

                if (!headers.ContainsKey("Authorization")) Identify(request, address);
                using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
                if (!answer.IsSuccessStatusCode) throw await Refusal(answer, address, new HubSubject(), stop);
                return answer.Headers.NonValidated.TryGetValues("ETag", out var tags) ? tags.ToString() : null;
            }
            catch
            {
                content.TakeBack();
                throw;
            }
        },
        stop);

    private Task<JsonNode?> Post(Uri address, Func<ByteArrayContent> make, string mediaType, HubSubject about, Func<HttpStatusCode, bool>? isFine, CancellationToken stop)
    {
        if (Settings.Offline) throw HubErrors.Offline(about);
        return Retries().Run(
            async () =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = make() };
                request.Content.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
                request.Headers.Accept.ParseAdd(mediaType == "application/x-ndjson" ? JsonType : mediaType);
                Identify(request, address);
                using var patience = new Deadline(Patience.Silence, stop);
                using var answer = await patience.Watch(token => client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token));
                if (!answer.IsSuccessStatusCode && isFine?.Invoke(answer.StatusCode) != true) throw await Refusal(answer, address, about, stop);
                byte[] body = await Body(answer, patience);
                return body.Length == 0 || !answer.IsSuccessStatusCode ? null : Parsed(body);
            },
            stop);
    }

    private void Identify(HttpRequestMessage request, Uri address)
    {
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("unmask", typeof(HubHttp).Assembly.GetName().Version?.ToString(3)));
        if (Settings.Token is { } token && Settings.IsOwn(address)) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>A part of a file that tells what of it has gone.</summary>
    private sealed class FilePart : HttpContent
    {
        private readonly FileStream file;
        private readonly long from;
        private readonly long length;
        private readonly HubMeter meter;
        private long sent;

        public FilePart(FileStream file, long from, long length, HubMeter meter)
        {
            (this.file, this.from, this.length, this.meter) = (file, from, length, meter);
            Headers.ContentLength = length;
        }

        /// <summary>What was sent of it counts no more: it is sent again.</summary>
        public void TakeBack()
        {
            meter.Pass(-sent, fromNetwork: false);
            sent = 0;
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken stop)
        {
            file.Position = from;
            var buffer = new byte[1 << 18];
            for (long left = length; left > 0;)
            {
                int read = await file.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)), stop);
                if (read == 0) throw new EndOfStreamException($"{file.Name} became shorter while it was sent.");
                await stream.WriteAsync(buffer.AsMemory(0, read), stop);
                left -= read;
                sent += read;
                meter.Pass(read, fromNetwork: true);
            }
        }

        protected override bool TryComputeLength(out long bytes)
        {
            bytes = length;
            return true;
        }
    }
}
