using Spectre.Console;

namespace Unmask.Cli.Shell;

/// <summary>The console behind a writer: colours and movement where it is a terminal, neither where it is not.</summary>
public static class Screen
{
    /// <summary>A console on <paramref name="writer"/>. Colours follow the terminal and NO_COLOR.</summary>
    public static IAnsiConsole On(TextWriter writer)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        if (!console.Profile.Out.IsTerminal)
        {
            // Lines in a file or a pipe are cut by nobody, and bear no colours.
            console.Profile.Width = 10_000;
            console.Profile.Capabilities.Ansi = false;
        }

        return console;
    }

    /// <summary>Whether <paramref name="writer"/> is a terminal on which a picture can be redrawn.</summary>
    public static bool IsLive(TextWriter writer) =>
        ReferenceEquals(writer, Console.Out) && !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") != "dumb";
}
