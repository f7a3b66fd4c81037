using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Unmask.Core.Jobs;

/// <summary>
/// What the scheduler could not do. A disk that is full today is no reason to stop looking, and neither is a run that nobody foresaw: what fails is reported, its
/// trace is logged, and it is tried again at the next turn.
/// </summary>
internal sealed class RunTroubles(ILogger logger)
{
    /// <summary>What comes up at every turn is logged now and then only.</summary>
    private static readonly TimeSpan BetweenLines = TimeSpan.FromHours(1);
    private const int MostRemembered = 1000;

    private readonly Dictionary<string, DateTimeOffset> logged = [];
    private string? first;

    /// <summary>Does something that may fail.</summary>
    /// <returns>Why it failed, a sentence; null where it did not.</returns>
    public string? Try(Action work)
    {
        try
        {
            work();
            return null;
        }
        catch (Exception failure)
        {
            bool isExpected = failure is UserError or IOException or UnauthorizedAccessException or SqliteException;
            string sentence = isExpected ? failure.Message : $"Internal error (a bug in Unmask); the workbench continues: {failure.GetType().Name}, {failure.Message.TrimEnd('.')}, {Place(failure)}.";
            first ??= sentence;
            if (IsDue(sentence)) logger.Log(isExpected ? LogLevel.Warning : LogLevel.Error, failure, "The scheduler reports: {Trouble}", sentence);
            return sentence;
        }
    }

    /// <summary>The first since the last time; null where there was none.</summary>
    public string? TakeFirst()
    {
        (string? last, first) = (first, null);
        return last;
    }

    private bool IsDue(string sentence)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        if (logged.TryGetValue(sentence, out DateTimeOffset before) && now - before < BetweenLines) return false;
        if (logged.Count >= MostRemembered) logged.Clear();
        logged[sentence] = now;
        return true;
    }

    /// <summary>Where in the program a failure came up.</summary>
    private static string Place(Exception failure) => failure.StackTrace?.Split('\n', 2)[0].Trim() ?? "at an unknown location";
}
