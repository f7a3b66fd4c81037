using System.CommandLine;
using Unmask.Cli.Shell;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask completions SHELL</c>: prints the lines that make a shell complete unmask's commands and options.</summary>
public static class CompletionsCommand
{
    // Each script asks the program itself, through the [suggest] directive, what can follow at the cursor.
    private static readonly Dictionary<string, string> Scripts = new()
    {
        ["bash"] = """
            _unmask_complete() {
                local IFS=$'\n'
                COMPREPLY=($(compgen -W "$(unmask "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
            }
            complete -o default -F _unmask_complete unmask
            """,
        ["zsh"] = """
            _unmask_complete() {
                local -a found=("${(@f)$(unmask "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
                compadd -- $found || _files
            }
            compdef _unmask_complete unmask
            """,
        ["fish"] = """
            complete -c unmask -a '(unmask "[suggest:"(commandline -C)"]" (commandline -p) 2>/dev/null)'
            """,
        ["pwsh"] = """
            Register-ArgumentCompleter -Native -CommandName unmask -ScriptBlock {
                param($word, $line, $cursor)
                unmask "[suggest:$cursor]" "$line" | Where-Object { $_ -like "$word*" } | ForEach-Object {
                    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
                }
            }
            """,
    };

    public static Command Create()
    {
        var shell = new Argument<string>("shell") { Description = $"One of {string.Join(", ", Scripts.Keys)}." };
        shell.AcceptOnlyFromAmong([.. Scripts.Keys]);
        var command = new Command("completions", "Print a shell completion script.") { shell };
        command.SetAction(parse =>
        {
            parse.InvocationConfiguration.Output.WriteLine(Scripts[parse.GetRequiredValue(shell)]);
            return ExitCode.Done;
        });
        return command.WithExamples(("source <(unmask completions bash)", "for this bash session; add the line to ~/.bashrc to keep it"));
    }
}
