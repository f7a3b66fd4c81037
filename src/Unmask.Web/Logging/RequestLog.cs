using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Unmask.Core.Protocol.Client;

namespace Unmask.Web.Logging;

/// <summary>
/// Logs requests that fail: our faults with the whole trace under a reference that the answer names, refusals at the level debug. Of an address only the path is
/// logged, for what follows it may hold a token.
/// </summary>
internal sealed class RequestLog(WorkbenchLog log)
{
    private const string Key = "unmask.reference";

    /// <summary>The reference of the fault that a request ran into; null for none.</summary>
    public static string? ReferenceOf(HttpContext context) => context.Items[Key] as string;

    /// <summary>Logs a fault of a request.</summary>
    /// <returns>Its reference.</returns>
    public static string Record(HttpContext context, Exception fault) => context.RequestServices.GetRequiredService<RequestLog>().Log(context, fault);

    /// <summary>Logs how a request ended.</summary>
    public async Task Follow(HttpContext context, RequestDelegate next)
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            await next(context);
        }
        catch (Exception fault) when (!context.RequestAborted.IsCancellationRequested)
        {
            Log(context, fault);
            throw;
        }

        var level = context.Response.StatusCode switch
        {
            >= StatusCodes.Status500InternalServerError when ReferenceOf(context) is null => LogLevel.Error,
            >= StatusCodes.Status400BadRequest and < StatusCodes.Status500InternalServerError => LogLevel.Debug,
            _ => LogLevel.None,
        };
        if (log.Logger.IsEnabled(level)) log.Logger.Log(level, "{Method} {Path} was answered {Status} after {Milliseconds:F0} ms.", context.Request.Method, PathOf(context), context.Response.StatusCode, Stopwatch.GetElapsedTime(began).TotalMilliseconds);
    }

    private string Log(HttpContext context, Exception fault)
    {
        if (ReferenceOf(context) is { } known) return known;
        var reference = RandomNumberGenerator.GetHexString(8, lowercase: true);
        context.Items[Key] = reference;
        log.Logger.LogError(fault, "{Method} {Path} failed, reference {Reference}.{Trace}", context.Request.Method, PathOf(context), reference, fault is EngineFailure { Trace: { } trace } ? $"\nThe engine reports:\n{trace}" : "");
        return reference;
    }

    /// <summary>What was asked for: the page of a fault is answered under another path.</summary>
    private static string? PathOf(HttpContext context) => context.Features.Get<Microsoft.AspNetCore.Diagnostics.IExceptionHandlerPathFeature>()?.Path ?? context.Request.Path;
}
