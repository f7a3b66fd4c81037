using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Spectre.Console;
using Unmask.Cli.Shell;
using Unmask.Cli.Work;
using Unmask.Core;
using Unmask.Engine.Benchmarks;
using Unmask.Engine.Collectives;

using static TorchSharp.torch;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask bench distributed</c>: the training step of one process beside that of several on this machine, a thread each.</summary>
public static class BenchDistributedCommand
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static Command Create()
    {
        var names = BenchmarkShape.All.Select(one => one.Name).ToArray();
        var ranks = new Option<int>("--ranks") { Description = "Ranks (processes).", DefaultValueFactory = _ => 2 };
        var shape = new Option<string>("--shape") { Description = $"Model shape: {string.Join(", ", names)}.", DefaultValueFactory = _ => "modernbert-base" };
        shape.AcceptOnlyFromAmong(names);
        var dtype = new Option<string>("--dtype") { Description = "Data type: float32 or bfloat16.", DefaultValueFactory = _ => "bfloat16" };
        dtype.AcceptOnlyFromAmong("float32", "bfloat16");
        var pairs = new Option<int>("--pairs") { Description = "Repetitions of each measurement, after one warmup.", DefaultValueFactory = _ => 3 };
        var json = new Option<bool>("--json") { Description = "Print the result as one JSON line." };
        ranks.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 2) result.AddError($"--ranks is {result.GetValueOrDefault<int>()}. It must be at least 2.");
        });
        var command = new Command("distributed", "Benchmark a training step on one rank and on several, and all-reduce of several sizes.") { ranks, shape, dtype, pairs, json };
        command.SetAction(parse =>
        {
            var output = parse.InvocationConfiguration.Output;
            if (RankProcess.Place() is { } place)
            {
                using var group = RankGroup.Join(place, onGpu: false, device: 0);
                var type = parse.GetValue(dtype) == "bfloat16" ? ScalarType.BFloat16 : ScalarType.Float32;
                var own = DistributedBenchmark.Run(group, BenchmarkShape.All.First(one => one.Name == parse.GetValue(shape)), type, parse.GetValue(pairs));
                if (own is not null) output.WriteLine(JsonSerializer.Serialize(own, Json));
                return ExitCode.Done;
            }

            var timing = Measure(parse.GetValue(ranks), parse.GetValue(shape)!, parse.GetValue(dtype)!, parse.GetValue(pairs));
            if (parse.GetValue(json)) output.WriteLine(JsonSerializer.Serialize(timing, Json));
            else Print(output, timing, parse.GetValue(ranks));
            return ExitCode.Done;
        });
        return command.WithExamples(
            ("unmask bench distributed", "2 ranks on the ModernBERT-base shape in bfloat16; a few minutes"),
            ("unmask bench distributed --ranks 4 --shape bert-mini --json", "a small shape in seconds, as JSON"));
    }

    private static DistributedTiming Measure(int ranks, string shape, string dtype, int pairs)
    {
        var mpi = MpiLauncher.Find();
        var program = UnmaskProgram.ThisOne();
        string[] line = [.. mpi.Options(ranks), program.File, .. program.Arguments, "bench", "distributed", "--shape", shape, "--dtype", dtype, "--pairs", pairs.ToString(CultureInfo.InvariantCulture)];
        var start = new ProcessStartInfo(mpi.File, line) { RedirectStandardOutput = true };
        start.Environment["OMP_NUM_THREADS"] = "1";
        start.Environment["TERM"] = "dumb";
        using var process = Process.Start(start)!;
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new UserError($"The benchmark processes ended with exit code {process.ExitCode}; their output is above. {ranks} ranks may need more memory.");
        return JsonSerializer.Deserialize<DistributedTiming>(text[text.IndexOf('{', StringComparison.Ordinal)..].Split('\n')[0], Json)!;
    }

    private static void Print(TextWriter output, DistributedTiming timing, int ranks)
    {
        string F(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
        var (one, all) = (timing.Tokens / timing.AloneSeconds, ranks * timing.Tokens / timing.TogetherSeconds);
        var limit = timing.ProductTogether / timing.ProductAlone;
        output.WriteLine(F($"{timing.Collectives}, {ranks} processes of one thread, {timing.Tokens} tokens/step each"));
        output.WriteLine(F($"1 rank         {one,8:F0} tokens/s  ({timing.AloneSeconds:F2} s/step)"));
        output.WriteLine(F($"all ranks      {all,8:F0} tokens/s  ({timing.TogetherSeconds:F2} s/step): {all / one:F2}x, {all / one / ranks:P0} of {ranks}x"));
        output.WriteLine(F($"of the step    {timing.SummingSeconds / timing.TogetherSeconds:P1} gradient all-reduce, {timing.WaitingSeconds / timing.TogetherSeconds:P1} waiting for the slowest rank"));
        output.WriteLine(F($"the machine    {timing.ProductAlone:F0} GFLOP/s of matrix products on 1 rank, {timing.ProductTogether:F0} on {ranks}: at most {limit:F2}x"));
        var table = new Table().AddColumns("all-reduce", "type", "ms", "GB/s");
        foreach (var sum in timing.Sums) table.AddRow(F($"{sum.Megabytes} MiB"), sum.Dtype, F($"{sum.Milliseconds:F2}"), F($"{sum.GigabytesPerSecond:F2}"));
        Screen.On(output).Write(table);
    }
}
