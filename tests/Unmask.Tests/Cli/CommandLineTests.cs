using System.CommandLine;
using Spectre.Console;
using Unmask.Cli.Shell;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Cli;

public sealed class CommandLineTests
{
    [Fact]
    public async Task Every_problem_of_a_user_error_is_a_line_of_its_own_and_the_exit_code_is_2()
    {
        var (code, output, error) = await Run(["work"], _ => throw new UserError(["batch_size is 0. It must be at least 1.", "model is missing; name one."]));

        Assert.Equal(2, code);
        Assert.Equal("", output);
        Assert.Equal(["batch_size is 0. It must be at least 1.", "model is missing; name one."], Lines(error));
    }

    [Fact]
    public async Task A_user_error_inside_other_exceptions_is_still_the_users()
    {
        var (code, _, error) = await Run(["work"], _ => throw new AggregateException(new TypeInitializationException("X", new UserError("The file is empty; give it rows."))));

        Assert.Equal(2, code);
        Assert.Equal(["The file is empty; give it rows."], Lines(error));
    }

    [Fact]
    public async Task A_full_disk_is_the_users_to_mend()
    {
        var (code, _, error) = await Run(["work"], _ => throw new IOException("No space left on device : '/data/x'", 28));

        Assert.Equal(2, code);
        Assert.StartsWith("The disk is full: No space left on device : '/data/x'. Free some space", error);
    }

    [Fact]
    public async Task Our_bug_gives_70_and_says_where_the_trace_lies()
    {
        var (code, _, error) = await Run(["work"], _ => throw new InvalidOperationException("boom"));

        Assert.Equal(70, code);
        Assert.Equal("Internal error (a bug in Unmask): InvalidOperationException: boom", Lines(error)[0]);
        var path = Lines(error)[1].Replace("The full trace is in ", "").Replace(". Please report the bug.", "");
        Assert.Contains(nameof(Our_bug_gives_70_and_says_where_the_trace_lies), File.ReadAllText(path));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Matches("unmask-bug-[0-9]{8}-[0-9]{6}-[0-9a-f]{16}.txt$", path);
        File.Delete(path);
    }

    [Fact]
    public async Task Nothing_of_others_moves_the_cursor_or_fills_the_clipboard()
    {
        var (_, output, error) = await Run(["work"], int (parse) =>
        {
            parse.InvocationConfiguration.Output.WriteLine("name\e]52;c;cm0gLXJm\a \u009b2J \x7f tab\tend\r\n");
            var console = Screen.On(parse.InvocationConfiguration.Output);
            console.Write(new Table().AddColumn(Markup.Escape("a\e[2Jb")).AddRow(new Spectre.Console.Text("\e]0;title\a")));
            console.MarkupLine(Markup.Escape("[x]\e[31m"));
            throw new UserError("model is \e[8mhidden; name another.");
        });

        Assert.DoesNotContain((output + error).Replace("\r\n", "\n", StringComparison.Ordinal), letter => char.IsControl(letter) && letter is not ('\n' or '\t'));
        Assert.Contains("name\u241b]52;c;cm0gLXJm\u2407 \uFFFD2J \u2421 tab\tend", output, StringComparison.Ordinal);
        // In a table the library counts no width for them, and may cut what holds them short.
        Assert.Contains("[x]\u241b[31m", output, StringComparison.Ordinal);
        Assert.Contains("model is \u241b[8mhidden", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_debug_the_trace_is_printed()
    {
        var (code, _, error) = await Run(["work", "--debug"], _ => throw new InvalidOperationException("boom"));

        Assert.Equal(70, code);
        Assert.Contains("   at Unmask.Tests.Cli.CommandLineTests", error);
        Assert.DoesNotContain("The full trace is in", error);
    }

    [Theory]
    [InlineData("wrok", "Did you mean 'work'?")]
    [InlineData("hlep", "Run 'unmask --help' to see what there is.")]
    public async Task A_misspelled_command_gets_a_suggestion_and_2(string typed, string expected)
    {
        var (code, output, error) = await Run([typed], _ => 0);

        Assert.Equal(2, code);
        Assert.Equal("", output);
        Assert.Equal($"Unrecognized command or argument '{typed}'.", Lines(error)[0]);
        Assert.Contains(expected, Lines(error));
    }

    [Fact]
    public async Task A_misspelled_option_gets_a_suggestion_and_2()
    {
        var (code, _, error) = await Run(["work", "--jsno"], _ => 0);

        Assert.Equal(2, code);
        Assert.Equal(
            ["Unrecognized command or argument '--jsno'.", "Did you mean '--json'?", "Run 'unmask work --help' to see what it takes."], Lines(error));
    }

    [Fact]
    public async Task A_value_that_is_not_among_the_allowed_is_told_in_one_line()
    {
        var (code, _, error) = await Run(["work", "--color", "gren"], _ => 0);

        Assert.Equal(2, code);
        Assert.Equal("Argument 'gren' not recognized. Must be one of 'green', 'red'.", Lines(error)[0]);
    }

    [Fact]
    public async Task Help_goes_to_standard_output_and_ends_with_the_examples()
    {
        var (code, output, error) = await Run(["work", "--help"], _ => 0);

        Assert.Equal(0, code);
        Assert.Equal("", error);
        Assert.Contains("--json", output);
        Assert.Equal(["Examples:", "  unmask work --json", "      work for a program"], Lines(output)[^3..]);
    }

    [Fact]
    public async Task No_command_at_all_shows_the_help()
    {
        var (code, output, _) = await Run([], _ => 0);

        Assert.Equal(0, code);
        Assert.Contains("Do the work.", output);
    }

    [Fact]
    public async Task The_exit_code_of_a_command_is_handed_on()
    {
        var (code, output, _) = await Run(["work"], int (parse) =>
        {
            parse.InvocationConfiguration.Output.WriteLine("half done");
            return 2;
        });

        Assert.Equal(2, code);
        Assert.Equal(["half done"], Lines(output));
    }

    private static async Task<(int Code, string Output, string Error)> Run(string[] args, Func<ParseResult, int> action)
    {
        var color = new Option<string>("--color");
        color.AcceptOnlyFromAmong("green", "red");
        var work = new Command("work", "Do the work.") { new Option<bool>("--json"), color };
        work.SetAction(action);
        work.WithExamples(("unmask work --json", "work for a program"));
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await CommandLine.RunAsync(new RootCommand("A root.") { work }, args, output, error);
        return (code, output.ToString(), error.ToString());
    }

    private static string[] Lines(string text) => text.ReplaceLineEndings("\n").Trim('\n').Split('\n');
}
