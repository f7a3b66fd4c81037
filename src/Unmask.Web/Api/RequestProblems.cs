using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Unmask.Web.Api;

/// <summary>What is wrong with a request that reached no work of ours, in a sentence: a number alone helps no program.</summary>
internal static partial class RequestProblems
{
    /// <summary>The one description.</summary>
    internal const string Description = "/openapi/v1.json";

    /// <summary>Gives an answer that failed without a word its problem details (RFC 9457).</summary>
    public static async Task Explain(HttpContext context)
    {
        var response = context.Response;
        if (response.HasStarted || response.StatusCode < 400 || response.ContentLength > 0 || response.ContentType is not null || HttpMethods.IsHead(context.Request.Method)) return;
        await Results.Problem(SentenceOf(context), statusCode: response.StatusCode).ExecuteAsync(context);
    }

    /// <summary>What of the request cannot be read.</summary>
    public static string SentenceOf(BadHttpRequestException failure, HttpContext context)
    {
        if (failure.InnerException is JsonException json) return SentenceOf(json, context);
        if (Unreadable().Match(failure.Message) is { Success: true } value) return $"{value.Groups["name"].Value} is {value.Groups["value"].Value}, which cannot be read; see {Description}.";
        if (Missing().Match(failure.Message) is { Success: true } missing) return MissingSentence(missing.Groups["name"].Value, missing.Groups["place"].Value);
        return failure.StatusCode switch
        {
            StatusCodes.Status413PayloadTooLarge => $"The body is too large: {failure.Message.TrimEnd('.')}. Upload files with PUT /api/datasets/files/NAME.",
            StatusCodes.Status408RequestTimeout => "The body arrived too slowly. Send the request again.",
            _ when failure.Message.Contains("no body was provided", StringComparison.Ordinal) => $"The body is missing. Send JSON; see {Description}.",
            _ => failure.Message,
        };
    }

    private static string MissingSentence(string name, string place) => place switch
    {
        "form" => $"The field {name} is missing from the form. Reload the page.",
        "body" => $"The body is missing. Send JSON; see {Description}.",
        _ => $"{name} is missing. Add the parameter to the address, as in ?{name}=…",
    };

    private static string SentenceOf(HttpContext context)
    {
        var (request, path) = (context.Request, context.Request.Path.Value ?? "");
        return context.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound when context.GetEndpoint() is not null && context.GetRouteValue("id") is string id && path.IndexOf("/" + id, StringComparison.Ordinal) is > 0 and var end =>
                $"There is no {id} in {path[..end]}; it may have been deleted. GET {path[..end]} lists them.",
            StatusCodes.Status404NotFound => $"There is nothing at {path}. {Description} lists the endpoints.",
            StatusCodes.Status405MethodNotAllowed => $"{path} takes {context.Response.Headers.Allow}, not {request.Method}.",
            StatusCodes.Status415UnsupportedMediaType => $"The body came as {request.ContentType ?? "nothing that a Content-Type names"}. Send application/json.",
            var code => $"{request.Method} {path} was refused: {ReasonPhrases.GetReasonPhrase(code)}.",
        };
    }

    private static string SentenceOf(JsonException failure, HttpContext context)
    {
        var options = context.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        if (Lacking().Match(failure.Message) is { Success: true } lacking)
        {
            string[] names = [.. lacking.Groups["name"].Captures.Select(capture => options.PropertyNamingPolicy?.ConvertName(capture.Value) ?? capture.Value)];
            return $"The body lacks {string.Join(", ", names)}; see {Description}.";
        }

        if (failure.Message.Contains("allow null", StringComparison.Ordinal)) return $"{Place(failure)} is null. Set a value or omit the field; see {Description}.";
        if (Doubled().Match(failure.Message) is { Success: true } doubled) return $"The body names {doubled.Groups["name"].Value} more than once. Name each field once.";
        if (failure.Message.Contains("could not be converted to", StringComparison.Ordinal)) return $"{Place(failure)} cannot be read; see {Description}.";
        if (Unknown().Match(failure.Message) is not { Success: true } unknown) return $"The body cannot be read as JSON: {JsonInput.Reason(failure)}.";
        var name = unknown.Groups["name"].Value;
        // From $ to the one before the name; a name with a blank is no step of its own: $['a name'].
        var steps = (failure.Path ?? "").Split('.').Skip(1).SkipLast(1);
        // The one that failed is set aside while the failure is told.
        var type = context.Features.Get<IExceptionHandlerFeature>()?.Endpoint?.Metadata.GetMetadata<IAcceptsMetadata>()?.RequestType;
        foreach (var step in steps) type = type is null ? null : options.GetTypeInfo(type).Properties.FirstOrDefault(property => property.Name == step)?.PropertyType;
        var known = type is null || options.GetTypeInfo(type) is not { Kind: JsonTypeInfoKind.Object } info ? "" : $" Known fields: {string.Join(", ", info.Properties.Select(property => property.Name))}.";
        return $"The body has the unknown field {name}.{known}";
    }

    /// <summary>The member that a fault is about, as people write it.</summary>
    private static string Place(JsonException failure) => failure.Path is { Length: > 2 } path ? path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : path : "The body";

    [GeneratedRegex("""^Failed to bind parameter "(?:.* )?(?<name>\w+)" from "(?<value>.*)"\.$""")]
    private static partial Regex Unreadable();

    [GeneratedRegex("""^Required parameter "(?:.* )?(?<name>\w+)" was not provided(?: from (?<place>form|query string|body|route|header))?""")]
    private static partial Regex Missing();

    [GeneratedRegex("""missing required properties including: (?:'(?<name>[^']*)'(?:, )?)+""")]
    private static partial Regex Lacking();

    [GeneratedRegex("""^Duplicate property '(?<name>[^']*)'""")]
    private static partial Regex Doubled();

    [GeneratedRegex("""^The JSON property '(?<name>[^']*)' could not be mapped""")]
    private static partial Regex Unknown();
}
