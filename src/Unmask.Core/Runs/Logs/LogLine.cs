namespace Unmask.Core.Runs.Logs;

/// <summary>How much a line of a worker's log matters.</summary>
public enum LogLineLevel : byte
{
    /// <summary>Output of a library, in no form of ours.</summary>
    Raw,

    /// <summary>What the run does.</summary>
    Info,

    /// <summary>Worth a look.</summary>
    Warn,

    /// <summary>Why the run ended.</summary>
    Error,
}

/// <summary>A line of <c>log.txt</c>: <c>2026-01-31T12:00:00.000Z info  text</c>, or raw output.</summary>
/// <param name="Number">Its number, from 1.</param>
/// <param name="Time">When it was written; null for raw output.</param>
/// <param name="Level">How much it matters.</param>
/// <param name="Text">The text alone.</param>
public sealed record LogLine(long Number, DateTimeOffset? Time, LogLineLevel Level, string Text)
{
    private const string TimeForm = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
    private const int TimeLength = 24;
    private const int TextStart = 31;

    /// <summary>Writes a line, without a line end.</summary>
    public static string Format(DateTimeOffset time, LogLineLevel level, string text) =>
        string.Create(CultureInfo.InvariantCulture, $"{time.UtcDateTime.ToString(TimeForm, CultureInfo.InvariantCulture)} {level.ToString().ToLowerInvariant(),-5} {text}");

    /// <summary>Reads a line.</summary>
    public static LogLine Parse(long number, string line) =>
        LevelOf(line) is { } level and not LogLineLevel.Raw
        && DateTimeOffset.TryParseExact(line.AsSpan(0, TimeLength), TimeForm, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            ? new(number, time, level, line[TextStart..])
            : new(number, null, LogLineLevel.Raw, line);

    /// <summary>The level of a line, by its form alone.</summary>
    internal static LogLineLevel LevelOf(ReadOnlySpan<char> line)
    {
        if (line.Length < TextStart || line[4] != '-' || line[10] != 'T' || line[TimeLength - 1] != 'Z' || line[TimeLength] != ' ' || line[TextStart - 1] != ' ') return LogLineLevel.Raw;
        return line[(TimeLength + 1)..(TextStart - 1)] switch
        {
            "info " => LogLineLevel.Info,
            "warn " => LogLineLevel.Warn,
            "error" => LogLineLevel.Error,
            _ => LogLineLevel.Raw,
        };
    }
}
