using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http;

namespace Unmask.Web.Security;

/// <summary>Forms of the pages carry a token that only a page of this workbench has. Programs use the JSON addresses, which take no forms.</summary>
internal static class FormGuard
{
    /// <summary>The form with a file is read while it comes, so its token stands in its address and not in it.</summary>
    private const string Upload = "/datasets/upload";

    /// <summary>Is the form, if it is one, from a page of ours?</summary>
    public static async Task<bool> Allows(HttpContext context, IAntiforgery antiforgery)
    {
        if (!HttpMethods.IsPost(context.Request.Method) || context.Request.Path.StartsWithSegments("/api")) return true;
        if (context.Request.Path == Upload) context.Request.Headers["RequestVerificationToken"] = context.Request.Query["form"].ToString() is { Length: > 0 } token ? token : "absent";
        return await antiforgery.IsRequestValidAsync(context);
    }
}
