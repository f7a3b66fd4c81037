using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components.Endpoints;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Unmask.Web.Api;
using Unmask.Web.Assets;
using Unmask.Web.Live;
using Unmask.Web.Logging;
using Unmask.Web.Security;

namespace Unmask.Web;

/// <summary>The way of a request: who may ask, what may be sent, and who answers.</summary>
internal static class WorkbenchPipeline
{
    /// <summary>Lays it.</summary>
    public static void Use(WebApplication app, WebOptions options)
    {
        var codes = options.Token is { } secret ? new SingleUseCode(secret, TimeProvider.System) : null;
        var names = new OwnNames(options.Address, options.Name, Environment.MachineName);
        app.Use((context, next) => app.Services.GetRequiredService<RequestLog>().Follow(context, next));
        app.Use((context, next) =>
        {
            // At the last moment, for what goes wrong takes off the headers that are there before.
            context.Response.OnStarting(() => SecurityHeaders.Add(context.Response));
            return next(context);
        });
        // In a scope of its own: what the page that failed had begun there is of no use to the page that tells of it.
        app.UseExceptionHandler("/fault", createScopeForErrors: true);
        app.Use(async (context, next) =>
        {
            if (IsAgain(context)) await next(context);
            else if (SizeGuard.Of(context) is { } large) await Refuse(context, large);
            else if (SiteGuard.Refusal(context.Request, names) is { } stranger) await RefuseSite(context, stranger, names);
            else if (codes is null || !await AccessToken.Answered(context, options.Token!, codes)) await next(context);
        });
        app.UseStatusCodePagesWithReExecute("/not-found");
        app.Use(async (context, next) =>
        {
            if (!IsPage(context) && context.Features.Get<IStatusCodePagesFeature>() is { } pages) pages.Enabled = false;
            await next(context);
            if (!IsPage(context)) await RequestProblems.Explain(context);
        });
        app.UseResponseCompression();
        // Here and not before all else, where it would be put: routes that clash are a fault, too, and are told as one.
        app.UseRouting();
        app.Use(async (context, next) =>
        {
            if (IsAgain(context)) await next(context);
            else if (await FormGuard.Of(context, app.Services.GetRequiredService<IAntiforgery>()) is { } form) await Refuse(context, form);
            else if (NoPage(context) is { } wrong) await Refuse(context, wrong);
            else if (await JsonGuard.Of(context) is { } json) await Refuse(context, json);
            else await next(context);
        });
        app.UseAntiforgery();
        Map(app);
    }

    private static void Map(WebApplication app)
    {
        app.MapAssets();
        app.MapOpenApi("/openapi/{documentName}.json");
        app.MapSearch();
        app.MapTraining();
        app.MapTemplates();
        app.MapDatasets();
        app.MapRuns();
        app.MapRunForms();
        app.MapStream();
        app.MapSettings();
        // Names in Transformer Lab, and earlier addresses.
        foreach (var (alias, place) in ((string, string)[])[("/methods", "/plugins"), ("/foundation", "/models"), ("/interact", "/chat"), ("/jobs", "/runs"), ("/gallery", "/hub")]) app.MapGet(alias, () => Results.Redirect(place)).ExcludeFromDescription();
        app.MapModels();
        app.MapChat();
        app.MapConversations();
        app.MapMethods();
        app.MapHub();
        app.MapRazorComponents<App>();
    }

    /// <summary>Pages are only read, but for the one whose form is sent to itself, and names itself; other forms are sent to addresses of their own. And there is one description.</summary>
    private static Refusal? NoPage(HttpContext context)
    {
        var (request, endpoint) = (context.Request, context.GetEndpoint());
        if (request.Path.StartsWithSegments("/openapi") && request.Path != RequestProblems.Description) context.SetEndpoint(null);
        if (endpoint?.Metadata.GetMetadata<ComponentTypeMetadata>() is not { } page || HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)) return null;
        if (page.Type == typeof(Pages.TrainNew) && HttpMethods.IsPost(request.Method) && request.HasFormContentType && request.Form["_handler"] == Pages.TrainNew.Form) return null;
        context.Response.Headers.Allow = "GET, HEAD";
        return new(StatusCodes.Status405MethodNotAllowed, $"{request.Path} is a page and accepts GET, not {request.Method}.");
    }

    private static Task RefuseSite(HttpContext context, string sentence, OwnNames names)
    {
        if (!names.Has(context.Request.Host.Host) || !SiteGuard.IsVisit(context.Request)) return Refuse(context, new(StatusCodes.Status403Forbidden, sentence));
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        return GatePage.AskPerson(context, sentence);
    }

    private static Task Refuse(HttpContext context, Refusal refusal)
    {
        if (!GatePage.IsWanted(context.Request)) return Results.Problem(refusal.Sentence, statusCode: refusal.Status).ExecuteAsync(context);
        context.Response.StatusCode = refusal.Status;
        return GatePage.Tell(context, refusal.Sentence);
    }

    /// <summary>Is it the page that tells of a fault, or that there is nothing, in the place of what was asked for and let pass before?</summary>
    private static bool IsAgain(HttpContext context) => context.Features.Get<IExceptionHandlerFeature>() is not null || context.Features.Get<IStatusCodeReExecuteFeature>() is not null;

    /// <summary>Does a person look at it?</summary>
    private static bool IsPage(HttpContext context) => HttpMethods.IsGet(context.Request.Method) && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal);
}
