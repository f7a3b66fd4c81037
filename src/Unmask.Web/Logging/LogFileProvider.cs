using Microsoft.Extensions.Logging;

namespace Unmask.Web.Logging;

/// <summary>Loggers that write lines into the log of the workbench: <c>2026-01-31T12:00:00.000Z info  Unmask: text</c>, and after it the trace of an exception.</summary>
internal sealed class LogFileProvider(LogFile file) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new Logger(file, categoryName);

    public void Dispose()
    {
    }

    /// <summary>A line as it is written.</summary>
    public static string Format(DateTimeOffset time, LogLevel level, string category, string text, Exception? exception) => string.Create(CultureInfo.InvariantCulture,
        $"{time.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {Word(level),-5} {category}: {(exception is null ? text : $"{text}\n{exception}").ReplaceLineEndings("\n  ")}");

    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        _ => "error",
    };

    private sealed class Logger(LogFile file, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            file.Add(Format(DateTimeOffset.UtcNow, logLevel, category, formatter(state, exception), exception));
    }
}
