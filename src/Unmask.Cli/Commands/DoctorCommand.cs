using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using Spectre.Console;
using Unmask.Cli.Diagnosis;
using Unmask.Cli.Shell;
using Unmask.Core.Protocol;
using Unmask.Engine.Diagnosis;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask doctor</c>: what this machine is, how the engine came up, and in one sentence each what is wrong.</summary>
public static class DoctorCommand
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON object instead of text." };
        var full = new Option<bool>("--full") { Description = "Compare with the reference implementations on one device: forward, training steps, adapters, 4-bit, generation, ranks. 1 to 3 minutes." };
        var device = new Option<string?>("--device") { HelpName = "cpu|cuda:N", Description = "With --full: the device to check. [default: the first GPU, else the CPU]" };
        device.Validators.Add(result =>
        {
            if (!result.GetValue(full)) result.AddError("--device requires --full.");
        });
        var command = new Command("doctor", "Check whether this machine is ready to train, and report problems.") { json, full, device };
        command.SetAction((parse, stop) => Task.Run(() =>
        {
            var output = parse.InvocationConfiguration.Output;
            if (parse.GetValue(full)) return DeviceReport.Run(parse.GetValue(device), output, parse.GetValue(json), stop);
            return parse.GetValue(json) ? PrintJson(output, [.. Look()]) : PrintLines(output, Look());
        }, CancellationToken.None));
        return command.WithExamples(
            ("unmask doctor", "all checks; exit code 0 when the machine is usable, 2 when a check failed"),
            ("unmask doctor --json", "as JSON"),
            ("unmask doctor --full --device cuda:0", "compare every architecture on that GPU with the reference implementations"));
    }

    private static IEnumerable<HealthCheck> Look() =>
    [
        .. HealthReport.Checks(Environment.CurrentDirectory, measure: true),
        Machine.Terminal(),
        Machine.Viewers(),
    ];

    private static int PrintLines(TextWriter output, IEnumerable<HealthCheck> findings)
    {
        var console = Screen.On(output);
        console.Profile.Width = 10_000; // let the terminal break long lines, so that they can be copied whole
        var worst = HealthState.Ok;
        var problems = 0;
        foreach (var finding in findings)
        {
            worst = finding.State > worst ? finding.State : worst;
            console.Write(new Spectre.Console.Text($"{Word(finding.State),-6}", ColorOf(finding.State)));
            console.WriteLine($"{finding.Name,-10} {finding.Value}");
            if (finding.Problem is not { } problem) continue;
            problems++;
            console.WriteLine($"{"",-17}{problem}");
        }

        console.WriteLine();
        console.WriteLine(worst switch
        {
            HealthState.Ok => "All checks passed.",
            HealthState.Warn => $"Usable; {(problems == 1 ? "one thing" : $"{problems} things")} to review.",
            _ => "Not usable until the failed checks are fixed.",
        });
        return worst == HealthState.Fail ? ExitCode.UserCanFix : ExitCode.Done;
    }

    private static int PrintJson(TextWriter output, IReadOnlyList<HealthCheck> findings)
    {
        var usable = findings.All(finding => finding.State != HealthState.Fail);
        output.WriteLine(JsonSerializer.Serialize(new
        {
            usable,
            findings = findings.ToDictionary(finding => finding.Name, finding => new
            {
                state = Word(finding.State),
                value = finding.Value,
                problem = finding.Problem,
                facts = finding.Facts,
            }),
        }, Json));
        return usable ? ExitCode.Done : ExitCode.UserCanFix;
    }

    private static string Word(HealthState state) => state.ToString().ToLowerInvariant();

    private static Style ColorOf(HealthState state) => new(state switch
    {
        HealthState.Ok => Color.Green,
        HealthState.Warn => Color.Yellow,
        _ => Color.Red,
    });
}
