using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http;

namespace Unmask.Web.Security;

/// <summary>Forms of the pages carry a token that only a page of this workbench has. Programs use the JSON addresses, which take no forms.</summary>
internal static class FormGuard
{
    /// <summary>The form with a file is read while it comes, so its token stands in its address and not in it.</summary>
    private const string Upload = "/datasets/upload";

    /// <summary>What is wrong with a form: it cannot be read, or is from no page of ours. Null where nothing is, and for what is no form.</summary>
    public static async Task<Refusal?> Of(HttpContext context, IAntiforgery antiforgery)
    {
        var request = context.Request;
        if (!HttpMethods.IsPost(request.Method) || request.Path.StartsWithSegments("/api")) return null;
        if (request.Path == Upload)
        {
            request.Headers["RequestVerificationToken"] = request.Query["form"].ToString() is { Length: > 0 } token ? token : "absent";
        }
        else if (request.HasFormContentType)
        {
            try
            {
                var form = await request.ReadFormAsync(context.RequestAborted);
                if (form.FirstOrDefault(field => Holds(field.Key) || field.Value.Any(Holds)) is { Key: not null } odd) return new(StatusCodes.Status400BadRequest, $"The field {Shown(odd.Key)} of the form contains the character NUL, which is not allowed.");
                if (form.Files.FirstOrDefault(file => Holds(file.FileName)) is not null) return new(StatusCodes.Status400BadRequest, "The file name contains the character NUL. Rename the file.");
            }
            catch (Exception unreadable) when (!context.RequestAborted.IsCancellationRequested && IsOfSender(unreadable))
            {
                var code = (unreadable as BadHttpRequestException)?.StatusCode ?? StatusCodes.Status400BadRequest;
                return new(code, $"The form cannot be read: {unreadable.Message.Split('\n')[0].TrimEnd('.', '\r')}. At most 1,024 fields of 4 MiB each are accepted, in UTF-8.");
            }
        }

        return await antiforgery.IsRequestValidAsync(context) ? null
            : new(StatusCodes.Status400BadRequest, "This page was created by an earlier start of the workbench, or by another site. Reload the page and submit the form again.");
    }

    /// <summary>While a form is read, nothing of ours runs: whatever goes wrong is in what was sent, but for a full disk.</summary>
    public static bool IsOfSender(Exception failure) => failure is not OutOfMemoryException && !(failure is IOException full && Unmask.Core.Storage.StorageFailure.IsDiskFull(full));

    private static bool Holds(string? text) => text is not null && text.Contains('\0', StringComparison.Ordinal);

    private static string Shown(string name) => name.Replace("\0", "", StringComparison.Ordinal) is { Length: <= 40 } shown ? shown : "with a long name";
}
