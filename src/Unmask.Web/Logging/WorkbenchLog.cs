using Microsoft.Extensions.Logging;
using Unmask.Core;
using Unmask.Web.Security;

namespace Unmask.Web.Logging;

/// <summary>What the workbench logs, and where.</summary>
internal sealed class WorkbenchLog : IAsyncDisposable
{
    private readonly ILoggerFactory loggers;
    private readonly bool verbose;

    /// <param name="folder">Where its files are.</param>
    /// <param name="secrets">Secrets that are kept here.</param>
    /// <param name="token">What visitors show; null for none.</param>
    /// <param name="console">Gets the log, too, with refused requests in it; null for the file alone.</param>
    public WorkbenchLog(string folder, SecretStore secrets, string? token, TextWriter? console)
    {
        verbose = console is not null;
        var redactor = new LogRedactor(() => [token, .. SecretStore.Kinds.Select(kind => secrets.Get(kind.Id)), .. ChildSecrets.Names.Select(Environment.GetEnvironmentVariable)]);
        File = new LogFile(folder, redactor.Redact, console).Start();
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
