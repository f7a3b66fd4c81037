using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Net.Http.Headers;

namespace Unmask.Web.Security;

/// <summary>Reads a JSON body before anything is made of it: its size, its encoding, its depth and its texts.</summary>
internal static class JsonGuard
{
    private const int Largest = 8 << 20;

    /// <summary>What is wrong with the body; null where nothing is, and where the address takes no JSON. It can be read once more afterwards.</summary>
    public static async Task<Refusal?> Of(HttpContext context)
    {
        var request = context.Request;
        if (context.GetEndpoint()?.Metadata.GetMetadata<IAcceptsMetadata>() is not { } accepts || !accepts.ContentTypes.Any(type => type.Contains("json", StringComparison.Ordinal))) return null;
        if (!request.HasJsonContentType()) return null;
        if (MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.Charset.Length > 0 && !Unquoted(type.Charset.ToString()).Equals("utf-8", StringComparison.OrdinalIgnoreCase))
            return new(StatusCodes.Status415UnsupportedMediaType, $"The charset of the body is {Unquoted(type.Charset.ToString())}. It must be UTF-8.");
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

    private static Refusal TooLarge => new(StatusCodes.Status413PayloadTooLarge, $"The body is larger than {Largest >> 20} MiB, the maximum. Upload files with PUT /api/datasets/files/NAME.");

    /// <summary>What is wrong with the text. That there is none is told by who reads it, who may need none.</summary>
    private static string? WrongText(ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty) return null;
        try
        {
            JsonInput.Check(body, rules: JsonRules.NoNullInLists | JsonRules.NoNul);
            return null;
        }
        catch (JsonException wrong)
        {
            return $"The body cannot be read as JSON: {JsonInput.Reason(wrong)}.";
        }
    }

    private static string Unquoted(string text) => text.Trim('"');
}
