using Unmask.Cli.Shell;
using Unmask.Core.Events;

namespace Unmask.Cli.Views;

/// <summary>One line on a terminal that says how far long work is, and is gone when it is done. Where the output is no terminal it says nothing.</summary>
public sealed class ProgressLine(TextWriter error) : IEventSink
{
    private readonly bool live = ReferenceEquals(error, Console.Error) && !Console.IsErrorRedirected;

    public void Write(RunEvent happened)
    {
        if (!live || happened is not PhaseChanged phase) return;
        var line = $"{Format.Words(phase.Phase)} {(phase.Done is { } done ? Format.Count(done) : "")}";
        var terminal = Screen.Raw(error);
        terminal.Write($"\r{TerminalText.Clean(line),-60}\r");
        if (phase.Done is null) terminal.Write(new string(' ', 60) + "\r");
    }
}
