using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Net.Http.Headers;

namespace Unmask.Web.Security;

/// <summary>Reads a JSON body before anything is made of it: its size, its encoding, its depth and its texts.</summary>
internal static class JsonGuard
{
    private const int Largest = 8 << 20;
    private const int Deepest = 32;

    /// <summary>What is wrong with the body; null where nothing is, and where the address takes no JSON. It can be read once more afterwards.</summary>
    public static async Task<Refusal?> Of(HttpContext context)
    {
        var request = context.Request;
        if (context.GetEndpoint()?.Metadata.GetMetadata<IAcceptsMetadata>() is not { } accepts || !accepts.ContentTypes.Any(type => type.Contains("json", StringComparison.Ordinal))) return null;
        if (!request.HasJsonContentType()) return null;
        if (MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.Charset.Length > 0 && !Unquoted(type.Charset.ToString()).Equals("utf-8", StringComparison.OrdinalIgnoreCase))
            return new(StatusCodes.Status415UnsupportedMediaType, $"The body is said to be in {Unquoted(type.Charset.ToString())}; send JSON in UTF-8.");
        if (request.ContentLength > Largest) return TooLarge;
        var body = new MemoryStream((int)(request.ContentLength ?? 0));
        var buffer = new byte[1 << 16];
        for (int read; (read = await request.Body.ReadAsync(buffer, context.RequestAborted)) > 0;)
        {
            if (body.Length + read > Largest) return TooLarge;
            body.Write(buffer, 0, read);
        }

        body.Position = 0;
        request.Body = body;
        return WrongText(body.GetBuffer().AsSpan(0, (int)body.Length)) is { } wrong ? new(StatusCodes.Status400BadRequest, wrong) : null;
    }

    private static Refusal TooLarge => new(StatusCodes.Status413PayloadTooLarge, $"The body is larger than {Largest >> 20} MiB, the most that is read; files go to PUT /api/datasets/files/NAME.");

    /// <summary>What no text may hold. What is no JSON at all is told by who reads it.</summary>
    private static string? WrongText(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = Deepest });
            // Whether what is open is a list, from the outermost in.
            var lists = new Stack<bool>();
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject) lists.Push(reader.TokenType == JsonTokenType.StartArray);
                else if (reader.TokenType is JsonTokenType.EndArray or JsonTokenType.EndObject) lists.Pop();
                else if (reader.TokenType == JsonTokenType.Null && lists.TryPeek(out var inList) && inList) return "A list of the body holds null; leave it out.";
                if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName) || !reader.ValueIsEscaped) continue;
                if (reader.GetString()!.Contains('\0', StringComparison.Ordinal)) return "A text of the body holds the character NUL (\\u0000), which no text here may hold.";
            }
        }
        catch (InvalidOperationException)
        {
            return "A text of the body is no Unicode: it holds one half of a pair of surrogates (\\ud800 to \\udfff).";
        }
        catch (JsonException deep) when (deep.Message.Contains("maximum configured depth", StringComparison.Ordinal))
        {
            return $"The body is nested more than {Deepest} deep.";
        }
        catch (Exception unreadable) when (unreadable is JsonException or DecoderFallbackException)
        {
            return null;
        }

        return null;
    }

    private static string Unquoted(string text) => text.Trim('"');
}
