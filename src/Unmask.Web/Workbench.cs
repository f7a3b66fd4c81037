using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Unmask.Core;
using Unmask.Core.Datasets;
using Unmask.Core.Events;
using Unmask.Core.Service;
using Unmask.Core.Templates;
using Unmask.Web.Api;
using Unmask.Web.Assets;
using Unmask.Web.Security;

namespace Unmask.Web;

/// <summary>The web workbench: pages, JSON and event streams on one address.</summary>
public sealed class Workbench : IAsyncDisposable
{
    private readonly WebApplication app;

    private Workbench(WebApplication app, string address)
    {
        this.app = app;
        Address = address;
    }

    /// <summary>Where a browser finds it, e.g. http://127.0.0.1:8337.</summary>
    public string Address { get; }

    /// <summary>Builds and starts it.</summary>
    /// <param name="options">Address and port.</param>
    /// <param name="stop">Ends the start.</param>
    /// <exception cref="UserError">The port is in use.</exception>
    public static async Task<Workbench> Start(WebOptions options, CancellationToken stop = default)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ApplicationName = "Unmask.Web", EnvironmentName = options.Development ? "Development" : "Production" });
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(options.Address, options.Port));
        builder.Logging.ClearProviders();
        AddServices(builder.Services, options);
        var app = builder.Build();
        Use(app, options);
        try
        {
            await app.StartAsync(stop);
        }
        catch (IOException failure) when (failure.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException or SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse })
        {
            await app.DisposeAsync();
            throw new UserError($"Port {options.Port} is in use; close what uses it, or choose another: unmask serve --port {options.Port + 1}");
        }

        return new Workbench(app, app.Urls.First());
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }

    private static void AddServices(IServiceCollection services, WebOptions options)
    {
        services.AddSingleton(options);
        services.AddRazorComponents();
        services.AddScoped<HtmlRenderer>();
        services.AddSingleton(new TemplateShelf(Path.Combine(options.Home, "templates")));
        services.AddSingleton(new DatasetShelf(Path.Combine(options.Home, "datasets")));
        services.AddSingleton<DatasetUsers>();
        services.AddSingleton(_ => new EngineProcess(options.Program));
        services.AddAntiforgery();
        services.AddProblemDetails();
        services.AddOpenApi();
        services.AddExceptionHandler<SentenceHandler>();
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = EventFormat.Options.PropertyNamingPolicy;
            foreach (var converter in EventFormat.Options.Converters) json.SerializerOptions.Converters.Add(converter);
        });
        services.AddResponseCompression(compression => compression.MimeTypes = [.. ResponseCompressionDefaults.MimeTypes.Where(type => type != "text/event-stream")]);
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(3));
    }

    private static void Use(WebApplication app, WebOptions options)
    {
        app.Use(async (context, next) =>
        {
            SecurityHeaders.Add(context.Response);
            if (LoopbackGuard.Refusal(context.Request, options.IsLoopback) is { } refusal)
            {
                await Results.Problem(refusal, statusCode: StatusCodes.Status403Forbidden).ExecuteAsync(context);
                return;
            }

            if (options.Token is { } token && await AccessToken.Answered(context, token)) return;
            await next(context);
        });
        app.UseExceptionHandler("/fault");
        app.UseStatusCodePagesWithReExecute("/not-found");
        app.Use((context, next) =>
        {
            if (!IsPage(context) && context.Features.Get<IStatusCodePagesFeature>() is { } pages) pages.Enabled = false;
            return next(context);
        });
        app.UseResponseCompression();
        app.UseAntiforgery();
        app.MapAssets();
        app.MapOpenApi("/openapi/{documentName}.json");
        app.MapSearch();
        app.MapTraining();
        app.MapTemplates();
        app.MapDatasets();
        app.MapRazorComponents<App>();
    }

    /// <summary>Does a person look at it?</summary>
    private static bool IsPage(HttpContext context) => HttpMethods.IsGet(context.Request.Method) && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal);
}
