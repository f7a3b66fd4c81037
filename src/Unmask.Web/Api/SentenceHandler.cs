using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Unmask.Web.Layout;
using Unmask.Web.Logging;
using Unmask.Web.Security;

namespace Unmask.Web.Api;

/// <summary>
/// Tells what went wrong: to a program as problem details, to a person on the page that the form was sent from. A page that itself fails
/// is left to the page for faults.
/// </summary>
internal sealed class SentenceHandler(IProblemDetailsService details) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is OperationCanceledException && context.RequestAborted.IsCancellationRequested) return true;
        var error = exception as UserError;
        context.Response.StatusCode = StatusOf(exception);
        var reference = context.Response.StatusCode < StatusCodes.Status500InternalServerError ? null : RequestLog.Record(context, exception);
        if (context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal))
        {
            if (HttpMethods.IsGet(context.Request.Method) || error is null) return false;
            new Flash("error", error.Problems).Leave(context);
            context.Response.StatusCode = StatusCodes.Status303SeeOther;
            context.Response.Headers.Location = PageBefore(context.Request) ?? "/";
            return true;
        }

        var problem = new ProblemDetails
        {
            Status = context.Response.StatusCode,
            Title = context.Response.StatusCode < StatusCodes.Status500InternalServerError ? "The request is not valid." : "Internal error: a bug in Unmask.",
            Detail = exception is BadHttpRequestException unreadable ? RequestProblems.SentenceOf(unreadable, context) : exception.Message,
        };
        if (reference is not null) problem.Extensions["reference"] = reference;
        if (error is not null) problem.Extensions["problems"] = error.Problems;
        return await details.TryWriteAsync(new ProblemDetailsContext { HttpContext = context, ProblemDetails = problem, Exception = exception });
    }

    /// <summary>Is it only that a value in the address of a page cannot be read, such as a word for a number?</summary>
    public static bool IsOfAddress(Exception? exception) => exception is InvalidOperationException && exception.Message.StartsWith("Cannot parse the value", StringComparison.Ordinal);

    /// <summary>The page of ours that the form was on; null where that is not told.</summary>
    public static string? PageBefore(HttpRequest request) =>
        Uri.TryCreate(request.Headers.Referer, UriKind.Absolute, out var page) && page.Authority == request.Host.Value && LocalAddress.Is(page.PathAndQuery) ? page.PathAndQuery : null;

    /// <summary>4xx for what the sender can mend, 500 for what we must.</summary>
    private static int StatusOf(Exception exception) => exception switch
    {
        UserError => StatusCodes.Status422UnprocessableEntity,
        BadHttpRequestException unreadable => unreadable.StatusCode,
        _ => IsOfAddress(exception) ? StatusCodes.Status400BadRequest : StatusCodes.Status500InternalServerError,
    };
}
