using System.Text.Json;
using Xunit;

namespace Unmask.EndToEnd;

public sealed class CommandLineTests
{
    [Fact]
    public async Task Help_lists_every_command_on_standard_output()
    {
        var outcome = await Executable.Run("--help");

        Assert.Equal(0, outcome.Code);
        Assert.Equal("", outcome.Error);
        Assert.Contains("doctor", outcome.Output);
        Assert.Contains("Examples:", outcome.Output);
    }

    [Fact]
    public async Task Version_is_printed()
    {
        var outcome = await Executable.Run("--version");

        Assert.Equal(0, outcome.Code);
        Assert.Matches(@"^\d+\.\d+\.\d+", outcome.Output);
    }

    [Fact]
    public async Task A_misspelled_command_ends_with_2_and_a_suggestion()
    {
        var outcome = await Executable.Run("docter");

        Assert.Equal(2, outcome.Code);
        Assert.Equal("", outcome.Output);
        Assert.Equal(
            ["Unrecognized command or argument 'docter'.", "Did you mean 'doctor'?", "Run 'unmask --help' to see what there is."], outcome.ErrorLines);
    }

    [Fact]
    public async Task Completions_offer_the_commands()
    {
        var outcome = await Executable.Run("[suggest:10]", "unmask doc");

        Assert.Equal(0, outcome.Code);
        Assert.Equal("doctor", outcome.Output.Trim());
    }

    [Theory, InlineData("bash"), InlineData("zsh"), InlineData("fish"), InlineData("pwsh")]
    public async Task Completion_scripts_ask_the_program(string shell)
    {
        var outcome = await Executable.Run("completions", shell);

        Assert.Equal(0, outcome.Code);
        Assert.Contains("[suggest:", outcome.Output);
    }

    [Fact]
    public async Task Doctor_tells_the_facts_as_json()
    {
        var outcome = await Executable.Run("doctor", "--json");

        using var facts = JsonDocument.Parse(outcome.Output);
        var findings = facts.RootElement.GetProperty("findings");
        Assert.Equal(facts.RootElement.GetProperty("usable").GetBoolean() ? 0 : 2, outcome.Code);
        Assert.Equal(Environment.ProcessorCount, findings.GetProperty("cpu").GetProperty("facts").GetProperty("threads").GetInt32());
        Assert.Contains(findings.GetProperty("engine").GetProperty("facts").GetProperty("loaded").GetString(), (string[])["plain", "patched"]);
        Assert.True(findings.GetProperty("float32").GetProperty("facts").GetProperty("relative_error").GetDouble() < 1e-5);
        Assert.True(findings.GetProperty("products").GetProperty("facts").GetProperty("float32_gflops").GetDouble() > 1);
        Assert.True(findings.GetProperty("memory").GetProperty("facts").GetProperty("free_bytes").GetInt64() > 0);
        Assert.All(findings.EnumerateObject(), finding =>
            Assert.Equal(finding.Value.GetProperty("state").GetString() == "ok", finding.Value.GetProperty("problem").ValueKind == JsonValueKind.Null));
    }

    [Fact]
    public async Task Doctor_says_what_is_wrong_in_a_sentence()
    {
        var outcome = await Executable.Run(["doctor"], folder: null, environment: new Dictionary<string, string> { ["UNMASK_KEEP_MEMORY"] = "0" });

        Assert.Equal(OperatingSystem.IsLinux(), outcome.Output.Contains("warn  malloc"));
        Assert.Equal(OperatingSystem.IsLinux(), outcome.Output.Contains("leave UNMASK_KEEP_MEMORY unset."));
    }
}
