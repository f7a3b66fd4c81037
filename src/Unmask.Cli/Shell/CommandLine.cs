using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Unmask.Core.Parameters;

namespace Unmask.Cli.Shell;

/// <summary>Runs a command line: parses, starts the command, and turns whatever happens into sentences and an exit code.</summary>
public static class CommandLine
{
    /// <summary>Runs <paramref name="args"/> and returns the exit code (<see cref="ExitCode"/>).</summary>
    public static async Task<int> RunAsync(RootCommand root, string[] args, TextWriter? output = null, TextWriter? error = null)
    {
        output = output is null ? Console.Out : new CleanWriter(output, isTerminal: false);
        error = error is null ? Console.Error : new CleanWriter(error, isTerminal: false);
        var debug = new Option<bool>("--debug") { Description = "Print the full stack trace on errors.", Recursive = true };
        root.Add(debug);
        root.SetAction(Examples.ShowInHelp(root).Invoke);

        var parse = root.Parse(args);
        if (parse.Action is ParseErrorAction) return PrintMistakes(parse, error);

        var listens = parse.Action is AsynchronousCommandLineAction;
        using var stop = new StopSignal(listens);
        try
        {
            // Signals and exceptions are ours: the library's own handlers would hide the exit codes.
            var invocation = new InvocationConfiguration
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            return await parse.InvokeAsync(invocation, stop.Token);
        }
        catch (OperationCanceledException) when (stop.Received is { } signal)
        {
            return ExitCode.OfSignal(signal);
        }
        catch (Exception exception)
        {
            return ErrorReport.Print(exception, error, parse.GetValue(debug));
        }
    }

    private static int PrintMistakes(ParseResult parse, TextWriter error)
    {
        var command = parse.CommandResult.Command;
        foreach (var mistake in parse.Errors) error.WriteLine(Sentence(mistake.Message));

        foreach (var word in parse.UnmatchedTokens)
        {
            if (Spelling.Nearest(word, NamesUnder(parse.CommandResult)) is { } nearest) error.WriteLine($"Did you mean '{nearest}'?");
        }

        error.WriteLine($"Run '{PathOf(parse.CommandResult)} --help' to see what {(command is RootCommand ? "there is" : "it takes")}.");
        return ExitCode.UserCanFix;
    }

    /// <summary>The library lists allowed values on lines of their own and leaves some messages without a full stop.</summary>
    private static string Sentence(string message)
    {
        var line = message.ReplaceLineEndings("\n").Replace(":\n\t", " ").Replace("\n\t", ", ").TrimEnd();
        return line.EndsWith('.') ? line : line + ".";
    }

    private static IEnumerable<string> NamesUnder(CommandResult result)
    {
        var own = result.Command.Subcommands.Where(command => !command.Hidden).Select(command => command.Name)
            .Concat(result.Command.Options.Where(option => !option.Hidden).Select(option => option.Name));
        return result.Parent is CommandResult parent
            ? own.Concat(parent.Command.Options.Where(option => option.Recursive).Select(option => option.Name))
            : own;
    }

    private static string PathOf(CommandResult result) =>
        result.Parent is CommandResult parent ? $"{PathOf(parent)} {result.Command.Name}" : "unmask";
}
