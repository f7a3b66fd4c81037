namespace Unmask.Core.Protocol.Client;

/// <summary>Why a process of the engine ended, in a sentence.</summary>
internal static class EngineDeath
{
    private const int FirstSignal = 128;
    private const int SentenceLines = 3;

    /// <param name="exitCode">As the system gives it: 128 and more are signals.</param>
    /// <param name="work">Operations that were under way.</param>
    /// <param name="lastLines">End of its standard error.</param>
    /// <param name="memory">Memory that its data could take; null where there was no limit.</param>
    public static string Sentence(int exitCode, IReadOnlyCollection<string> work, IReadOnlyList<string> lastLines, long? memory = null)
    {
        var during = work.Count == 0 ? "" : $" while it worked on {string.Join(", ", work.Distinct())}";
        var words = LastWords(lastLines);
        if (memory is { } limit && lastLines.Any(line => line.Contains("OutOfMemory", StringComparison.Ordinal) || line.StartsWith("Out of memory", StringComparison.OrdinalIgnoreCase)))
        {
            return $"The engine ran out of memory{during}. {EngineMemory.Sentence(limit)}";
        }

        return $"The engine {Cause(exitCode)}{during}.{(words.Length == 0 ? "" : $" It last said: {words}")} Try again; the engine starts anew.";
    }

    private static string Cause(int exitCode) => !OperatingSystem.IsWindows() && exitCode > FirstSignal && exitCode < FirstSignal + 65
        ? $"was ended by signal {exitCode - FirstSignal}{Meaning(exitCode - FirstSignal)}"
        : $"ended with exit code {exitCode}";

    private static string Meaning(int signal) => signal switch
    {
        2 => " (interrupt)",
        4 => " (SIGILL: an instruction that this CPU does not support)",
        6 => " (SIGABRT: aborted)",
        7 => " (SIGBUS: a file or memory was not available, such as a mapped file)",
        9 => " (SIGKILL: killed by a user, or by the system when memory ran out)",
        11 => " (SIGSEGV: invalid memory access)",
        15 => " (SIGTERM: termination requested)",
        _ => "",
    };

    /// <summary>The line that names an exception where there is one, for what follows is its trace; else the last few lines.</summary>
    private static string LastWords(IReadOnlyList<string> lines)
    {
        var said = lines.Where(line => !string.IsNullOrWhiteSpace(line)).Select(line => line.Trim()).ToArray();
        var thrown = said.LastOrDefault(line => line.StartsWith("Unhandled exception", StringComparison.Ordinal));
        return thrown ?? string.Join(" / ", said.TakeLast(SentenceLines));
    }
}
