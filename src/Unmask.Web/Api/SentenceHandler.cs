using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Unmask.Core;

namespace Unmask.Web.Api;

/// <summary>Turns what goes wrong into problem details: sentences that a person can act on, or the admission of a bug.</summary>
internal sealed class SentenceHandler(IProblemDetailsService details) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is OperationCanceledException && context.RequestAborted.IsCancellationRequested) return true;
        var error = exception as UserError;
        context.Response.StatusCode = error is null ? StatusCodes.Status500InternalServerError : StatusCodes.Status422UnprocessableEntity;
        var problem = new ProblemDetails
        {
            Status = context.Response.StatusCode,
            Title = error is null ? "This is a bug of Unmask." : "That cannot be done as asked.",
            Detail = exception.Message,
        };
        if (error is not null) problem.Extensions["problems"] = error.Problems;
        return await details.TryWriteAsync(new ProblemDetailsContext { HttpContext = context, ProblemDetails = problem, Exception = exception });
    }
}
