using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Http;
using Unmask.Web.Assets;

namespace Unmask.Web.Security;

/// <summary>The pages that are shown to a visitor who may not come in (yet). They hold nothing of the workbench but its style.</summary>
internal static class GatePage
{
    /// <summary>Does a person ask, and not a program?</summary>
    public static bool IsWanted(HttpRequest request) => request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal);

    /// <summary>A field for the token.</summary>
    /// <param name="context">Whose answer it is.</param>
    /// <param name="wrong">What is wrong with the one that was sent; null for none.</param>
    /// <param name="sentence">What to do.</param>
    public static Task AskToken(HttpContext context, string? wrong, string sentence)
    {
        var request = context.Request;
        var next = HttpMethods.IsGet(request.Method) ? LocalAddress.Of(request.Path, request.QueryString) : "/";
        var hint = wrong is null ? "" : $"<p class=\"banner\" data-kind=\"error\" role=\"alert\">{Text(wrong)}</p>";
        // Who was led here by another site may hold the cookie all the same: browsers do not send it then.
        var through = SiteGuard.IsForeign(request) ? $"<p>Another site or program linked to this page. <a class=\"btn\" href=\"{Text(next)}\">Open {Text(next.Split('?')[0])}</a></p>" : "";
        return Write(context, "Access token", $"""
            {hint}{through}<p>{Text(sentence)}</p>
            <form method="post" action="{AccessToken.FormPath}" class="stack"><input type="hidden" name="next" value="{Text(next)}">
            <div class="field"><label for="token">Token</label><input id="token" name="token" type="password" autocomplete="off" spellcheck="false" required autofocus></div>
            <div class="actions"><button class="btn primary">Open workbench</button></div></form>
            """);
    }

    /// <summary>A request of another site that a person may want to make all the same.</summary>
    public static Task AskPerson(HttpContext context, string sentence)
    {
        var place = LocalAddress.Of(context.Request.Path, context.Request.QueryString);
        return Write(context, "Link from another site", $"<p>{Text(sentence)}</p><p class=\"mono\">{Text(place)}</p><div class=\"actions\"><a class=\"btn primary\" href=\"{Text(place)}\">Open page</a><a class=\"btn\" href=\"/\">Home</a></div>");
    }

    /// <summary>What was refused, to a person; the way back is that of the browser.</summary>
    public static Task Tell(HttpContext context, string sentence) => Write(context, "Request failed", $"<p class=\"banner\" data-kind=\"error\" role=\"alert\">{Text(sentence)}</p><div class=\"actions\"><a class=\"btn primary\" href=\"/\">Home</a></div>");

    private static Task Write(HttpContext context, string title, string body)
    {
        context.Response.ContentType = "text/html; charset=utf-8";
        return context.Response.WriteAsync($"""
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{title} · Unmask</title>
            <link rel="icon" type="image/svg+xml" href="{AssetStore.Address("icon.svg")}"><link rel="stylesheet" href="{AssetStore.Address("css/app.css")}"></head>
            <body><main id="main" class="gate card stack"><h1>{title}</h1>
            {body}
            </main></body></html>
            """, context.RequestAborted);
    }

    private static string Text(string text) => HtmlEncoder.Default.Encode(text);
}
