using System.Text;

namespace Unmask.Core.Runs.Logs;

/// <summary>Which lines of a log are wanted.</summary>
/// <param name="Text">Only lines with this text, whatever its case; null for all.</param>
/// <param name="Level">Only lines that matter at least so much; raw output counts as info.</param>
public sealed record LogFilter(string? Text = null, LogLineLevel Level = LogLineLevel.Raw);

/// <summary>A part of a log.</summary>
/// <param name="Lines">The lines, in order.</param>
/// <param name="Total">Lines that the whole log has now.</param>
/// <param name="HasMore">There are more lines that fit after the last of these.</param>
public sealed record LogPage(IReadOnlyList<LogLine> Lines, long Total, bool HasMore);

/// <summary>
/// The log of a run's worker, <c>log.txt</c>. Where its lines begin is kept in memory and extended as it grows, so that any page of a long log is
/// read at once. May be used from several threads.
/// </summary>
/// <param name="runFolder">The run.</param>
public sealed class RunLog(string runFolder)
{
    /// <summary>Its name in the run folder.</summary>
    public const string FileName = "log.txt";

    private const int LongestLine = 100_000;

    private readonly Lock gate = new();
    private readonly List<long> starts = [0];
    private readonly List<LogLineLevel> levels = [];

    /// <summary>Its file, for a download; it may not exist.</summary>
    public string Path { get; } = System.IO.Path.Combine(runFolder, FileName);

    /// <summary>Whole lines that it has now.</summary>
    public long Count
    {
        get
        {
            lock (gate)
            {
                using FileStream? file = Open();
                Extend(file);
                return levels.Count;
            }
        }
    }

    /// <summary>Lines after one.</summary>
    /// <param name="after">Number of the line before the first wanted; 0 for the start, negative counts from the end (-100: the last hundred).</param>
    /// <param name="limit">How many lines at most.</param>
    /// <param name="filter">Which lines; null for all.</param>
    public LogPage Page(long after = 0, int limit = 1000, LogFilter? filter = null)
    {
        filter ??= new();
        lock (gate)
        {
            using FileStream? file = Open();
            Extend(file);
            if (after < 0) after = Math.Max(0, levels.Count + after);
            List<LogLine> lines = [];
            long number = after;
            for (; file is not null && number < levels.Count && lines.Count < limit; number++)
            {
                LogLineLevel level = levels[(int)number];
                if ((level == LogLineLevel.Raw ? LogLineLevel.Info : level) < filter.Level && filter.Level != LogLineLevel.Raw) continue;
                LogLine line = LogLine.Parse(number + 1, Read(file, (int)number));
                if (filter.Text is null || line.Text.Contains(filter.Text, StringComparison.OrdinalIgnoreCase)) lines.Add(line);
            }

            return new(lines, levels.Count, number < levels.Count);
        }
    }

    /// <summary>The last error line of a run's log; null when there is none.</summary>
    /// <param name="runFolder">The run.</param>
    /// <param name="since">Only errors after this; null for any.</param>
    public static string? LastErrorOf(string runFolder, DateTimeOffset? since = null)
    {
        LogLine? last = new RunLog(runFolder).Page(-500, 500, new(Level: LogLineLevel.Error)).Lines.LastOrDefault();
        return last is null || last.Time < since ? null : last.Text;
    }

    private FileStream? Open()
    {
        try
        {
            return File.Exists(Path) ? InputFile.Open(Path) : null;
        }
        catch (UserError)
        {
            return null;
        }
    }

    /// <summary>Finds the lines that were added. A log that became shorter is another one.</summary>
    private void Extend(FileStream? file)
    {
        long length = file?.Length ?? 0;
        if (length < starts[^1])
        {
            starts.Clear();
            starts.Add(0);
            levels.Clear();
        }

        if (file is null || length == starts[^1]) return;
        var block = new byte[1 << 20];
        var head = new StringBuilder();
        file.Position = starts[^1];
        for (long at = starts[^1]; file.Read(block) is var read and > 0; at += read)
        {
            for (int i = 0; i < read;)
            {
                int end = block.AsSpan(i, read - i).IndexOf((byte)'\n');
                int length32 = end < 0 ? read - i : end;
                if (head.Length < 32) head.Append(Encoding.Latin1.GetString(block, i, Math.Min(32, length32)));
                if (end < 0) break;
                levels.Add(LogLine.LevelOf(head.ToString()));
                head.Clear();
                i += end + 1;
                starts.Add(at + i);
            }
        }
    }

    private string Read(FileStream file, int index)
    {
        int length = (int)Math.Min(starts[index + 1] - starts[index] - 1, LongestLine);
        var bytes = new byte[length];
        file.Position = starts[index];
        int read = file.ReadAtLeast(bytes, length, throwOnEndOfStream: false);
        return Encoding.UTF8.GetString(bytes, 0, read).TrimEnd('\r');
    }
}
