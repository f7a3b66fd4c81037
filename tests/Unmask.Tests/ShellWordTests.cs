using System.Diagnostics;
using Unmask.Core;
using Unmask.Core.Parameters;
using Unmask.Primitives;
using Unmask.Web.Forms;
using Xunit;

namespace Unmask.Tests;

public sealed class ShellWordTests
{
    private static readonly string[] hostile = ["x; touch pwned #", "$(touch pwned)", "`touch pwned`", "a'b\"c", "\\", "$HOME", "!!", "a\nb", "", "--help", "*", "~", "~root", "a b", "ä", "\e[201~\ntouch pwned\n", "&", "|x", "<(x)", "{a,b}", "END", "'"];

    [Fact]
    public void A_word_is_one_word_for_the_shell_and_says_what_it_said()
    {
        Assert.SkipUnless(File.Exists("/bin/sh"), "There is no POSIX shell here.");
        var words = hostile.Select(ShellWord.ForPosix).ToList();

        var printed = Run($"for word in {string.Join(' ', words)}; do printf '%s\\0' \"$word\"; done").Split('\0')[..^1];

        Assert.Equal(hostile.Select(text => TerminalText.Clean(text).ReplaceLineEndings(" ")), printed);
        Assert.Equal("runs/a-1_b.c:d", ShellWord.ForPosix("runs/a-1_b.c:d"));
        Assert.StartsWith(".", ShellWord.QuotePath("-rf"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_command_of_a_form_makes_the_file_of_its_settings_and_nothing_else()
    {
        Assert.SkipUnless(File.Exists("/bin/sh"), "There is no POSIX shell here.");
        using var folder = new TemporaryFolder();
        foreach (var text in hostile)
        {
            var form = TrainingForm.Of(new TrainParameters { AdaptorName = text.Length == 0 ? "x" : text, Dataset = text + "\nEND\ntouch pwned\n", WandbNotes = "a\nEND\ntouch pwned" });
            var command = form.Command.Replace("\nunmask train ", "\necho ", StringComparison.Ordinal);

            var file = Run(command, folder.Path).Trim();

            Assert.Matches("^[a-z0-9-]+\\.yaml$", file);
            Assert.Equal([file], Directory.EnumerateFileSystemEntries(folder.Path).Select(Path.GetFileName));
            Assert.Equal(TerminalText.Clean(form.Yaml), File.ReadAllText(folder[file]));
            File.Delete(folder[file]);
        }
    }

    private static string Run(string command, string? folder = null)
    {
        using var shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command]) { RedirectStandardOutput = true, WorkingDirectory = folder ?? "" })!;
        var output = shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();
        return output;
    }
}
