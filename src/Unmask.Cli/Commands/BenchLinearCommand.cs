using System.CommandLine;
using System.Text.Json;
using Unmask.Cli.Shell;
using Unmask.Core.Events;
using Unmask.Engine.Benchmarks;
using Unmask.Engine.Runtime;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask bench linear</c>: a linear layer in 4 bits beside plain ones.</summary>
public static class BenchLinearCommand
{
    public static Command Create()
    {
        var width = new Option<int>("--width") { Description = "Input and output features of the layer.", DefaultValueFactory = _ => 4096 };
        var rows = new Option<int>("--rows") { Description = "Tokens.", DefaultValueFactory = _ => 512 };
        var repetitions = new Option<int>("--repetitions") { Description = "Repetitions; the best one counts.", DefaultValueFactory = _ => 5 };
        var json = new Option<bool>("--json") { Description = "Print the result as one JSON line." };
        foreach (var count in (Option<int>[])[width, rows, repetitions])
        {
            count.Validators.Add(result =>
            {
                if (result.GetValue(count) < 1) result.AddError($"{count.Name} is {result.GetValue(count)}. It must be at least 1.");
            });
        }

        var command = new Command("linear", "Benchmark a frozen linear layer, forward and backward, unquantized and 4-bit.") { width, rows, repetitions, json };
        command.SetAction(parse =>
        {
            UnmaskRuntime.Start();
            var output = parse.InvocationConfiguration.Output;
            var timings = LinearBenchmark.Run(parse.GetValue(width), parse.GetValue(rows), parse.GetValue(repetitions));
            if (parse.GetValue(json))
            {
                output.WriteLine(JsonSerializer.Serialize(new { rows = timings }, EventFormat.Options));
                return ExitCode.Done;
            }

            output.WriteLine($"{"weight",-16} {"ms",9} {"of plain",9} {"unpack ms",10} {"bits",7}");
            foreach (var (timing, plain) in timings.Select((timing, i) => (timing, timings[i / 2 * 2])))
            {
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{timing.Kind,-16} {timing.ForwardBackwardMs,9:F2} {timing.ForwardBackwardMs / plain.ForwardBackwardMs,9:F2} {timing.UnpackMs,10:F2} {timing.BitsOfWeight,7:F3}"));
            }

            return ExitCode.Done;
        });
        return command.WithExamples(("unmask bench linear", "4096 x 4096 with 512 tokens"));
    }
}
