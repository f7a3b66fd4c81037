using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Runtime.CompilerServices;

namespace Unmask.Cli.Shell;

/// <summary>Examples that <c>--help</c> shows after the options of a command.</summary>
public static class Examples
{
    private static readonly ConditionalWeakTable<Command, (string Line, string Does)[]> Known = [];

    /// <summary>Gives the command examples: a line to type and, in a few words, what it does.</summary>
    public static Command WithExamples(this Command command, params (string Line, string Does)[] examples)
    {
        Known.AddOrUpdate(command, examples);
        return command;
    }

    /// <summary>Lets the help of <paramref name="root"/> and of every command below it end with its examples; returns what shows it.</summary>
    public static SynchronousCommandLineAction ShowInHelp(RootCommand root)
    {
        var help = root.Options.OfType<HelpOption>().Single();
        var action = new HelpWithExamples((HelpAction)help.Action!);
        help.Action = action;
        return action;
    }

    private sealed class HelpWithExamples(HelpAction usual) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parse)
        {
            usual.Invoke(parse);
            if (!Known.TryGetValue(parse.CommandResult.Command, out var examples)) return ExitCode.Done;

            var output = parse.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            foreach (var (line, does) in examples)
            {
                output.WriteLine($"  {line}");
                output.WriteLine($"      {does}");
            }

            output.WriteLine();
            return ExitCode.Done;
        }
    }
}
