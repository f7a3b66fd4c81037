using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;
using Unmask.Cli.Shell;
using Unmask.Engine.Diagnosis;
using Unmask.Engine.Runtime;

namespace Unmask.Cli.Diagnosis;

/// <summary><c>unmask doctor --full</c>: every check of one device as it ends, with its difference, what is allowed, and its time.</summary>
internal static class DeviceReport
{
    private static readonly JsonSerializerOptions json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>Runs them all.</summary>
    /// <returns>The exit code: 0 where all passed.</returns>
    public static int Run(string? device, TextWriter output, bool asJson, CancellationToken stop)
    {
        var engine = UnmaskRuntime.Start();
        device ??= engine.CudaAvailable ? "cuda:0" : "cpu";
        var named = DeviceExamination.Named(device);
        var console = Screen.On(output);
        console.Profile.Width = 10_000;
        if (!asJson) console.WriteLine($"{device}, TorchSharp {engine.TorchSharpVersion}, LibTorch {engine.LibTorchVersion}{(engine.LibTorchFolder is { } folder ? $" of {folder}" : "")}, {engine.Threads} threads");
        void Report(DeviceCheckResult result)
        {
            if (!asJson) Print(console, result);
        }

        var results = DeviceExamination.Run(named, Machine.Version, Report, stop).ToList();
        results.Add(DeviceExamination.Try(ProcessesCheck.On(named, stop)));
        Report(results[^1]);
        var failed = results.Count(result => result.State == DeviceCheckState.Failed);
        if (asJson) output.WriteLine(JsonSerializer.Serialize(new { device, usable = failed == 0, engine, checks = results }, json));
        else console.WriteLine(Summary(device, results, failed));
        return failed == 0 ? ExitCode.Done : ExitCode.UserCanFix;
    }

    private static void Print(IAnsiConsole console, DeviceCheckResult result)
    {
        console.Write(new Spectre.Console.Text($"{result.State switch { DeviceCheckState.Passed => "ok", DeviceCheckState.Failed => "fail", _ => "skip" },-6}", new Style(result.State switch
        {
            DeviceCheckState.Passed => Color.Green,
            DeviceCheckState.Failed => Color.Red,
            _ => Color.Gray,
        })));
        var measured = result.Difference is { } difference
            ? string.Create(CultureInfo.InvariantCulture, $"{difference:G3} {result.Unit}, at most {result.Allowed:G3}")
            : "";
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{result.Seconds,6:F1} s  {result.Name}{(measured.Length > 0 ? $"  ({measured})" : "")}"));
        if (result.Problem is { } problem) console.WriteLine($"{"",-16}{problem}");
    }

    private static string Summary(string device, List<DeviceCheckResult> results, int failed)
    {
        var skipped = results.Count(result => result.State == DeviceCheckState.Skipped);
        var left = skipped == 0 ? "" : $" {skipped} could not be tried here.";
        return failed == 0
            ? $"{device} works: {results.Count - skipped} of {results.Count} checks passed.{left}"
            : $"{device} failed: {failed} of {results.Count} checks failed.{left} Check the driver and LibTorch, and report the lines marked fail.";
    }
}
