using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Spectre.Console;
using Unmask.Cli.Shell;
using Unmask.Engine.Benchmarks;
using Unmask.Engine.Runtime;

using static TorchSharp.torch;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask bench train</c>: our training step beside the plain way, on the same model and data, in one run.</summary>
public static class BenchCommand
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>One line of the result; memory in megabytes, shares and ratios as numbers.</summary>
    private sealed record Row(
        string Shape, string Dtype, double TokensPerSecond, double PlainTokensPerSecond, double Speedup, double GemmShare,
        double PeakMb, double PlainPeakMb, double MemoryRatio, double StepSeconds, double PlainStepSeconds, double GemmGflops, bool ActivationCheckpointing);

    public static Command Create() => new("bench", "Benchmark this machine.") { Train(), BenchLinearCommand.Create(), BenchDistributedCommand.Create(), Step() };

    private static Command Train()
    {
        var names = BenchmarkShape.All.Select(shape => shape.Name).ToArray();
        var shapes = new Option<string[]>("--shape") { Description = $"Model shapes: {string.Join(", ", names)}.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => ["bert-base", "modernbert-base"] };
        shapes.AcceptOnlyFromAmong(names);
        var dtypes = new Option<string[]>("--dtype") { Description = "Data types: float32, bfloat16.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => ["float32", "bfloat16"] };
        dtypes.AcceptOnlyFromAmong("float32", "bfloat16");
        var steps = new Option<int>("--steps") { Description = "Timed steps, after one warmup step.", DefaultValueFactory = _ => 3 };
        var rounds = new Option<int>("--rounds") { Description = "Repetitions of each measurement.", DefaultValueFactory = _ => 1 };
        var checkpointing = new Option<bool>("--activation-checkpointing") { Description = "Enable activation checkpointing (the setting activation_checkpointing).", DefaultValueFactory = _ => true };
        var json = new Option<bool>("--json") { Description = "Print the result as one JSON line at the end." };
        var command = new Command("train", "Benchmark the training step against a plain baseline: padded rows, logits at every position, stock optimizer, stock allocator.") { shapes, dtypes, steps, rounds, checkpointing, json };
        command.SetAction(parse =>
        {
            var output = parse.InvocationConfiguration.Output;
            var rows = new List<Row>();
            foreach (var shape in parse.GetValue(shapes)!)
            {
                foreach (var dtype in parse.GetValue(dtypes)!)
                {
                    rows.Add(Compare(shape, dtype, parse.GetValue(steps), parse.GetValue(rounds), parse.GetValue(checkpointing)));
                    if (!parse.GetValue(json)) output.WriteLine(Line(rows[^1]));
                }
            }

            if (parse.GetValue(json)) output.WriteLine(JsonSerializer.Serialize(new { rows }, Json));
            else PrintTable(output, rows);
            return ExitCode.Done;
        });
        return command.WithExamples(
            ("unmask bench train", "BERT-base and ModernBERT-base shapes at 4x512, float32 and bfloat16; a few minutes"),
            ("unmask bench train --shape bert-mini --json", "a small shape in seconds, as JSON"));
    }

    /// <summary>The timed process itself: allocator settings and peak memory belong to a process, so each variant gets its own.</summary>
    private static Command Step()
    {
        var shape = new Option<string>("--shape") { Required = true };
        var dtype = new Option<string>("--dtype") { Required = true };
        var steps = new Option<int>("--steps") { Required = true };
        var plain = new Option<bool>("--plain");
        var checkpointing = new Option<bool>("--activation-checkpointing");
        var command = new Command("step", "Time one variant in this process and print one JSON line.") { shape, dtype, steps, plain, checkpointing };
        command.Hidden = true;
        command.SetAction(parse =>
        {
            var timing = StepBenchmark.Run(
                BenchmarkShape.All.First(s => s.Name == parse.GetValue(shape)),
                parse.GetValue(dtype) == "bfloat16" ? ScalarType.BFloat16 : ScalarType.Float32,
                parse.GetValue(plain), parse.GetValue(checkpointing), parse.GetValue(steps));
            parse.InvocationConfiguration.Output.WriteLine(JsonSerializer.Serialize(timing, Json));
        });
        return command;
    }

    private static Row Compare(string shape, string dtype, int steps, int rounds, bool checkpointing)
    {
        List<StepTiming> ours = [], plain = [];
        for (var round = 0; round < rounds; round++)
        {
            ours.Add(Measure(shape, dtype, steps, checkpointing ? ["--activation-checkpointing"] : []));
            plain.Add(Measure(shape, dtype, steps, ["--plain"]));
        }

        var seconds = Median(ours.SelectMany(t => t.Seconds));
        var plainSeconds = Median(plain.SelectMany(t => t.Seconds));
        var (peak, plainPeak) = (ours.Max(t => t.PeakMegabytes), plain.Max(t => t.PeakMegabytes));
        var gemm = ours.Max(t => t.GemmGflops);
        return new Row(shape, dtype,
            Round(ours[0].Tokens / seconds), Round(ours[0].Tokens / plainSeconds), Round(plainSeconds / seconds), Round(ours[0].UsefulGflop / seconds / gemm),
            Round(peak), Round(plainPeak), Round(peak / plainPeak), Round(seconds), Round(plainSeconds), Round(gemm), checkpointing);
    }

    private static StepTiming Measure(string shape, string dtype, int steps, string[] variant)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") start.ArgumentList.Add(typeof(BenchCommand).Assembly.Location);
        foreach (var argument in (string[])["bench", "step", "--shape", shape, "--dtype", dtype, "--steps", steps.ToString(CultureInfo.InvariantCulture), .. variant]) start.ArgumentList.Add(argument);
        if (variant.Contains("--plain"))
        {
            start.Environment[UnmaskRuntime.KeepMemorySwitch] = "0";
            start.Environment[UnmaskRuntime.OneDnnFloat32Switch] = "0";
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new UserError($"The timed process for {shape} in {dtype} ended with exit code {process.ExitCode}; memory may be too low.");
        return JsonSerializer.Deserialize<StepTiming>(output.TrimEnd().Split('\n')[^1], Json)!;
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    private static double Round(double value) => Math.Round(value, value < 10 ? 3 : 1);

    private static string Line(Row row) => string.Create(CultureInfo.InvariantCulture,
        $"{row.Shape} {row.Dtype}: {row.TokensPerSecond:F0} tokens/s, plain {row.PlainTokensPerSecond:F0} ({row.Speedup:F2}x); {row.GemmShare:P0} of the matrix-product peak; peak memory {row.PeakMb:F0} MB, plain {row.PlainPeakMb:F0} MB ({row.MemoryRatio:F2}x)");

    private static void PrintTable(TextWriter output, IReadOnlyList<Row> rows)
    {
        var table = new Table().AddColumns("shape", "dtype", "step s", "plain s", "speed-up", "GEMM GFLOP/s", "share", "MB", "plain MB", "ratio");
        foreach (var row in rows)
        {
            table.AddRow([row.Shape, row.Dtype, .. ((double[])[row.StepSeconds, row.PlainStepSeconds, row.Speedup, row.GemmGflops, row.GemmShare, row.PeakMb, row.PlainPeakMb, row.MemoryRatio]).Select(x => x.ToString(CultureInfo.InvariantCulture))]);
        }

        Screen.On(output).Write(table);
    }
}
