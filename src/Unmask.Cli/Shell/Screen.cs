using Spectre.Console;

namespace Unmask.Cli.Shell;

/// <summary>The console behind a writer: colors and movement where it is a terminal, neither where it is not.</summary>
public static class Screen
{
    private static TextWriter? rawOutput;
    private static TextWriter? rawError;

    /// <summary>Puts <see cref="CleanWriter"/> before standard output and error of this process.</summary>
    public static void Guard()
    {
        (rawOutput, rawError) = (Console.Out, Console.Error);
        Console.SetOut(new CleanWriter(rawOutput, !Console.IsOutputRedirected));
        Console.SetError(new CleanWriter(rawError, !Console.IsErrorRedirected));
    }

    /// <summary>The writer for what the program itself tells a terminal, such as to go to the begin of the line: no text of others goes there.</summary>
    public static TextWriter Raw(TextWriter writer) =>
        writer is CleanWriter clean ? clean.Inner : ReferenceEquals(writer, Console.Out) ? rawOutput ?? writer : ReferenceEquals(writer, Console.Error) ? rawError ?? writer : writer;

    /// <summary>The writer for a text that is the result of a command: to the letter into a file or a pipe, cleaned on a terminal.</summary>
    public static TextWriter Exact(TextWriter writer) => ReferenceEquals(writer, Console.Out) && !Console.IsOutputRedirected ? writer : Raw(writer);

    /// <summary>A console on <paramref name="writer"/>. Colors follow the terminal and NO_COLOR.</summary>
    public static IAnsiConsole On(TextWriter writer)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new Output(new AnsiConsoleOutput(writer), Raw(writer)) });
        console.Pipeline.Attach(new CleanRendering());
        if (!console.Profile.Out.IsTerminal)
        {
            // Lines in a file or a pipe are cut by nobody, and bear no colors.
            console.Profile.Width = 10_000;
            console.Profile.Capabilities.Ansi = false;
        }

        return console;
    }

    /// <summary>Whether <paramref name="writer"/> is a terminal on which a picture can be redrawn.</summary>
    public static bool IsLive(TextWriter writer) =>
        ReferenceEquals(writer, Console.Out) && !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") != "dumb";

    /// <summary>What a console knows of standard output, and the writer behind the cleaning: what it draws is cleaned by itself.</summary>
    private sealed class Output(IAnsiConsoleOutput known, TextWriter raw) : IAnsiConsoleOutput
    {
        public TextWriter Writer => raw;

        public bool IsTerminal => known.IsTerminal;

        public int Width => known.Width;

        public int Height => known.Height;

        public void SetEncoding(System.Text.Encoding encoding) => known.SetEncoding(encoding);
    }
}
