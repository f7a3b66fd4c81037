using Microsoft.Extensions.Logging;
using Unmask.Core;
using Unmask.Web.Security;

namespace Unmask.Web.Logging;

/// <summary>What the workbench logs, and where.</summary>
internal sealed class WorkbenchLog : IAsyncDisposable
{
    private readonly ILoggerFactory loggers;
    private readonly bool verbose;

    public WorkbenchLog(WebOptions options, SecretStore secrets)
    {
        verbose = options.Log is not null;
        var redactor = new LogRedactor(() => [options.Token, .. SecretStore.Kinds.Select(kind => secrets.Get(kind.Id)), .. ChildSecrets.Names.Select(Environment.GetEnvironmentVariable)]);
        File = new LogFile(options.Workspace.LogsPath, redactor.Redact, options.Log).Start();
        loggers = LoggerFactory.Create(Configure);
        Logger = loggers.CreateLogger("Unmask");
    }

    /// <summary>Where it is written.</summary>
    public LogFile File { get; }

    /// <summary>For what the workbench itself does.</summary>
    public ILogger Logger { get; }

    /// <summary>Lets a server log here: what it does itself only where that fails, for its requests are logged by <see cref="RequestLog"/>.</summary>
    public void Configure(ILoggingBuilder logging) => logging.ClearProviders().AddProvider(new LogFileProvider(File))
        .SetMinimumLevel(verbose ? LogLevel.Debug : LogLevel.Information)
        .AddFilter("Microsoft", LogLevel.Warning).AddFilter("System", LogLevel.Warning)
        .AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error).AddFilter("Microsoft.AspNetCore.Diagnostics", LogLevel.None);

    public async ValueTask DisposeAsync()
    {
        loggers.Dispose();
        await File.DisposeAsync();
    }
}
