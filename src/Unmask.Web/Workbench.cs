using System.Net.Sockets;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Unmask.Core.Chats;
using Unmask.Core.Datasets;
using Unmask.Core.Events;
using Unmask.Core.Hub.Caching;
using Unmask.Core.Jobs;
using Unmask.Core.Methods;
using Unmask.Core.Models;
using Unmask.Core.Outbound;
using Unmask.Core.Protocol.Client;
using Unmask.Core.Templates;
using Unmask.Core.Workspaces;
using Unmask.Web.Api;
using Unmask.Web.Chat;
using Unmask.Web.Forms;
using Unmask.Web.Hub;
using Unmask.Web.Insights;
using Unmask.Web.Library;
using Unmask.Web.Logging;
using Unmask.Web.Security;
using Unmask.Web.TensorBoard;

namespace Unmask.Web;

/// <summary>The web workbench: pages, JSON and event streams on one address.</summary>
public sealed class Workbench : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly RunScheduler scheduler;
    private readonly ServerLock home;
    private readonly RunAnnouncer announcer;
    private readonly WorkbenchLog log;

    private Workbench(WebApplication app, RunScheduler scheduler, ServerLock home, WorkbenchLog log)
    {
        (this.app, this.scheduler, this.home, this.log) = (app, scheduler, home, log);
        var outbox = app.Services.GetRequiredService<WebhookOutbox>();
        announcer = new RunAnnouncer(scheduler, (kind, run) => outbox.Send(kind, run));
        Address = app.Urls.First();
        var token = app.Services.GetRequiredService<WebOptions>().Token;
        Entry = token is null ? Address : $"{Address}/?{AccessToken.Parameter}={token}";
    }

    /// <summary>Where it listens, e.g. http://127.0.0.1:8337.</summary>
    public string Address { get; }

    /// <summary>The address that a person opens: with the token, where one is asked for.</summary>
    public string Entry { get; }

    /// <summary>Every address that it answers to.</summary>
    internal IReadOnlyList<Endpoint> Endpoints => app.Services.GetRequiredService<EndpointDataSource>().Endpoints;

    /// <summary>Builds and starts it: takes the home folder, looks at the runs, listens, lets the queue go on.</summary>
    /// <param name="options">Home folder, address and port.</param>
    /// <param name="stop">Ends the start.</param>
    /// <exception cref="UserError">Another workbench has the home folder, or the port is in use.</exception>
    public static async Task<Workbench> Start(WebOptions options, CancellationToken stop = default)
    {
        var home = ServerLock.Take(options.Workspace);
        var secrets = SecretStore.Of(options.Workspace);
        var log = new WorkbenchLog(options.Workspace.LogsPath, secrets, options.Token, options.Log);
        options = options with { Scheduler = options.Scheduler with { Program = options.Scheduler.Program with { Variables = secrets.Variables, Logger = log.Logger } } };
        var scheduler = RunScheduler.Open(options.Workspace, options.Scheduler);
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ApplicationName = "Unmask.Web", EnvironmentName = options.Development ? "Development" : "Production" });
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            SizeGuard.Widen(kestrel.Limits);
            kestrel.Listen(options.Address, options.Port);
        });
        log.Configure(builder.Logging);
        builder.Services.AddSingleton(log).AddSingleton<RequestLog>();
        AddServices(builder.Services, options, scheduler, secrets);
        var app = builder.Build();
        WorkbenchPipeline.Use(app, options);
        try
        {
            await app.StartAsync(stop);
        }
        catch (Exception failure) when (WhyNotListening(failure, options) is not null)
        {
            await app.DisposeAsync();
            await scheduler.DisposeAsync();
            await log.DisposeAsync();
            home.Dispose();
            throw new UserError(WhyNotListening(failure, options)!);
        }

        var workbench = new Workbench(app, scheduler, home, log);
        home.Announce(workbench.Entry);
        scheduler.Start();
        log.Logger.LogInformation("The workbench of {Home} was started at {Address}, version {Version}.", options.Workspace.Home, workbench.Address, typeof(Workbench).Assembly.GetName().Version);
        return workbench;
    }

    /// <summary>Closes it. Runs go on; the next workbench of this home folder takes hold of them again.</summary>
    public async ValueTask DisposeAsync()
    {
        await announcer.DisposeAsync();
        await app.StopAsync();
        await app.DisposeAsync();
        await scheduler.DisposeAsync();
        log.Logger.LogInformation("The workbench was closed.");
        await log.DisposeAsync();
        home.Dispose();
    }

    /// <summary>The sentence for an address that cannot be listened on; null when something else went wrong.</summary>
    private static string? WhyNotListening(Exception failure, WebOptions options) => (failure as SocketException ?? failure.InnerException as SocketException ?? failure.InnerException?.InnerException as SocketException)?.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse => $"Port {options.Port} is in use. Stop the program that uses the port, or use any free port: unmask serve --port 0",
        SocketError.AddressNotAvailable => $"This machine has no address {options.Address}; name one of its own with --listen, or 0.0.0.0 for all of them.",
        SocketError.AccessDenied => $"Port {options.Port} is reserved for the administrator. Use a port from 1024 on: unmask serve --port {WebOptions.UsualPort}",
        _ => null,
    };

    /// <summary>A step of a large model takes long on a CPU, and an engine that is ended loses the model.</summary>
    private static readonly TimeSpan ChatCancelTime = TimeSpan.FromMinutes(2);

    private static void AddServices(IServiceCollection services, WebOptions options, RunScheduler scheduler, SecretStore secrets)
    {
        services.AddSingleton(options);
        services.AddRazorComponents();
        services.AddScoped<HtmlRenderer>();
        services.AddSingleton(scheduler);
        services.AddSingleton(scheduler.Workspace);
        services.AddSingleton(new TemplateStore(scheduler.Workspace.TemplatesPath));
        services.AddSingleton(new DatasetStore(scheduler.Workspace.DatasetsPath));
        services.AddSingleton<DatasetUsers>();
        services.AddSingleton<Baselines>();
        services.AddDataProtection().SetApplicationName("Unmask").PersistKeysToFileSystem(new DirectoryInfo(Path.Combine(scheduler.Workspace.SecretsPath, "keys")));
        services.AddSingleton(secrets);
        services.AddSingleton(_ => new WebhookOutbox(scheduler.Workspace.OutboxPath, secrets.Target));
        services.AddSingleton<TensorBoardServer>();
        services.AddSingleton(_ => new EngineProcess(options.Scheduler.Program, new EngineProcessOptions { DataMemory = EngineMemory.Limit() }));
        services.AddSingleton(provider => new ModelStore(scheduler.Workspace, () => new HubCache(provider.GetRequiredService<HubTransfers>().Settings.Cache)));
        services.AddSingleton<DatasetInsights>();
        services.AddSingleton<SelfTestStore>();
        services.AddSingleton<PluginStates>();
        services.AddSingleton<MethodInsights>();
        services.AddSingleton<HubTransfers>();
        services.AddSingleton<Diagnostics>();
        services.AddSingleton(provider => new ChatSessions(provider.GetRequiredService<ModelStore>(), options.Scheduler.Program, new EngineProcessOptions { CancelTime = ChatCancelTime }));
        services.AddSingleton(new ConversationStore(scheduler.Workspace.ChatsPath));
        services.AddSingleton<ChatService>();
        services.AddSingleton(provider => new ModelJobs(provider.GetRequiredService<ModelStore>(), provider.GetRequiredService<EngineProcess>(), options.Scheduler.Program));
        services.AddSingleton<ModelUsers>();
        services.AddAntiforgery();
        services.AddProblemDetails();
        services.AddOpenApi();
        services.AddExceptionHandler<SentenceHandler>();
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = EventFormat.Options.PropertyNamingPolicy;
            foreach (var converter in EventFormat.Options.Converters) json.SerializerOptions.Converters.Add(converter);
            // A run that diverged has a loss that is no number.
            json.SerializerOptions.NumberHandling |= JsonNumberHandling.AllowNamedFloatingPointLiterals;
            // A misspelled word must not be a word left out.
            json.SerializerOptions.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
            // What is not there, null, or there twice is told, and not guessed.
            json.SerializerOptions.RespectNullableAnnotations = true;
            json.SerializerOptions.RespectRequiredConstructorParameters = true;
            json.SerializerOptions.AllowDuplicateProperties = false;
        });
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        services.AddResponseCompression(compression => compression.MimeTypes = [.. ResponseCompressionDefaults.MimeTypes.Where(type => type != "text/event-stream")]);
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(3));
    }
}
