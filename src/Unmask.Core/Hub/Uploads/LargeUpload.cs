using System.Text.Json.Nodes;
using Unmask.Core.Hub.Http;

namespace Unmask.Core.Hub.Uploads;

/// <summary>Sends one large file to the storage of the Hub: whole, or in parts where the storage asks for them. The token does not go with it.</summary>
/// <param name="http">The Hub.</param>
/// <param name="open">Opens the file.</param>
/// <param name="bytes">Its size.</param>
/// <param name="sha256">Its SHA-256.</param>
/// <param name="meter">Told what was sent.</param>
internal sealed class LargeUpload(HubHttp http, Func<FileStream> open, long bytes, string sha256, HubMeter meter)
{
    private static readonly Dictionary<string, string> NoHeaders = [];

    /// <summary>Sends it as the storage said.</summary>
    /// <param name="actions">The object <c>actions</c> of its answer.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="UserError">It was refused, or the storage cannot be reached.</exception>
    public async Task Run(JsonObject actions, CancellationToken stop)
    {
        var upload = actions["upload"] as JsonObject ?? throw HubErrors.NotTheHub(http.Settings, "without an address to upload to");
        var address = AddressOf(upload);
        var headers = (upload["header"] as JsonObject ?? []).ToDictionary(header => header.Key, header => header.Value?.ToString() ?? "");
        if (headers.Remove("chunk_size", out string? size) && long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out long part) && part > 0) await InParts(address, headers, part, stop);
        else await http.Put(address, headers, open, 0, bytes, meter, stop);
        if (actions["verify"] is JsonObject verify) await http.Post(AddressOf(verify), new JsonObject { ["oid"] = sha256, ["size"] = bytes }, new HubSubject(), stop, mediaType: "application/vnd.git-lfs+json");
    }

    /// <summary>Each numbered header is the address of a part; the tags of all parts make it whole.</summary>
    private async Task InParts(Uri complete, Dictionary<string, string> headers, long size, CancellationToken stop)
    {
        List<(int Number, Uri Address)> parts = [.. headers.Where(header => header.Key.Length > 0 && header.Key.All(char.IsAsciiDigit)).Select(header => (int.TryParse(header.Key, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0, http.AddressIn(header.Value))).OrderBy(part => part.Item1)];
        // 1, 2, 3, without a gap: another number would be another place in the file.
        if (parts.Count != (bytes - 1) / size + 1 || parts.Where((part, i) => part.Number != i + 1).Any()) throw HubErrors.NotTheHub(http.Settings, string.Create(CultureInfo.InvariantCulture, $"with {parts.Count} parts of {size} bytes for {bytes} bytes"));
        var tags = new JsonArray();
        foreach (var (number, address) in parts)
        {
            long from = (number - 1) * size;
            string tag = await http.Put(address, NoHeaders, open, from, Math.Min(size, bytes - from), meter, stop) ?? throw HubErrors.NotTheHub(http.Settings, $"to part {number} without an ETag");
            tags.Add((JsonNode)new JsonObject { ["partNumber"] = number, ["etag"] = tag });
        }

        await http.Post(complete, new JsonObject { ["oid"] = sha256, ["parts"] = tags }, new HubSubject(), stop, mediaType: "application/vnd.git-lfs+json");
    }

    private Uri AddressOf(JsonObject action) => http.AddressIn(action["href"]?.ToString());
}
