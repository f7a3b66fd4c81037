using Spectre.Console;
using Unmask.Core.Data;
using Unmask.Core.Parameters.Validation;
using Unmask.Core.Planning;

namespace Unmask.Cli.Views;

/// <summary>A run's forecast on the screen: one paragraph for each thing a person decides by.</summary>
public static class PlanView
{
    private const int BarWidth = 32;

    public static void Print(IAnsiConsole console, RunForecast forecast)
    {
        if (forecast.Model is { } model) PrintModel(console, model);
        if (forecast.Data is { } data) PrintData(console, data);
        if (forecast.Steps is { } steps) PrintSteps(console, steps);
        if (forecast.Memory is { } memory)
        {
            PrintMemory(console, memory, forecast.MemoryAvailableBytes);
            PrintSharing(console, memory);
        }

        if (forecast.Disk is { } disk)
        {
            Line(console, "disk", $"{Format.Bytes(disk.Bytes)} of {Format.Bytes(disk.FreeBytes)} free: {Format.Count(disk.Checkpoints, "checkpoint")} of {Format.Bytes(disk.CheckpointBytes)}, the output {Format.Bytes(disk.OutputBytes)}");
        }

        if (forecast is { Probe: { } probe, Steps.Total: var total })
        {
            Line(console, "time", $"about {Format.Duration(probe.SecondsPerStep * total)} for the steps: {Format.Number(probe.SecondsPerStep)} s each, {Format.Count(probe.TokensPerSecond)} tokens/s ({Format.Count(probe.Steps, "step")} tried, {Format.Bytes(probe.PeakMemoryBytes)} of memory at their peak)");
        }

        PrintProblems(console, forecast);
    }

    private static void PrintModel(IAnsiConsole console, ModelForecast model)
    {
        Line(console, "model", $"{model.Architecture} with {Format.Count(model.Parameters)} parameters, on {model.Device}");
        Line(console, "trained", $"{Format.Count(model.Trained)} ({Format.Percent(model.TrainedShare)})");
    }

    private static void PrintData(IAnsiConsole console, DataReport data)
    {
        var read = data.Read;
        Line(console, "rows", $"{Format.Count(data.TrainRows)} for training, {Format.Count(data.EvalRows)} for evaluation{(data.HeldOut ? " (held out)" : "")}; read as {string.Join(", ", read.Rules.Select(rule => $"{rule.Key} {Format.Count(rule.Value)}"))}");
        Line(console, "length", $"median {read.MedianLength} tokens, p90 {read.Length90}, p99 {read.Length99}");
        var most = read.Lengths.Select(bucket => bucket.Rows).DefaultIfEmpty(1).Max();
        var width = read.Lengths.Select(bucket => Range(bucket).Length).DefaultIfEmpty(0).Max();
        foreach (var bucket in read.Lengths)
        {
            var bar = bucket.Rows == 0 ? "" : new string('█', Math.Max(1, (int)(BarWidth * bucket.Rows / most)));
            Line(console, "", $"{Range(bucket).PadLeft(width)}  {bar} {Format.Count(bucket.Rows)}");
        }

        var all = Math.Max(1, read.RowsRead);
        Line(console, "truncation", $"{Format.Percent((double)read.Truncated / all)} of the rows are truncated, {Format.Percent((double)read.Dropped / all)} are dropped ({read.TooLong} too long, {read.PromptFillsLimit} filled by their prompt, {read.NothingToTrain} with nothing to train on); {Format.Count(read.BadLines, "bad line")}{(read.Rejected > 0 ? $"; {Format.Count(read.Rejected, "row")} labeled false" : "")}");
    }

    private static void PrintSteps(IAnsiConsole console, StepForecast steps)
    {
        var epochs = steps.Epochs.ToString("0.##", CultureInfo.InvariantCulture);
        Line(console, "steps", $"{Format.Count(steps.Total)} of {Format.Count(steps.EffectiveBatch, "row")}: {epochs} epochs of {Format.Count(steps.PerEpoch, "step")} each");
        Line(console, "warmup", steps.WarmupEnds == 0 ? "none" : $"ends at step {Format.Count(steps.WarmupEnds)}");
        Line(console, "logs", $"every {Format.Count(steps.LogsEvery, "step")}");
        Line(console, "evaluation", At(steps.EvaluatesAt, steps.Evaluations));
        Line(console, "saves", At(steps.SavesAt, steps.Saves));
    }

    private static void PrintMemory(IAnsiConsole console, MemoryEstimate memory, long? available)
    {
        Line(console, "memory", $"about {Format.Bytes(memory.Peak)}{(available is { } all ? $" of {Format.Bytes(all)}" : "")} at the peak{(memory.Processes > 1 ? $", in each of {memory.Processes} processes" : "")}");
        (string Name, long Bytes)[] parts =
        [
            ("program", memory.Program), ("weights", memory.Weights), ("optimizer", memory.Optimizer), ("gradients", memory.Gradients), ("activations", memory.Activations), ("logits", memory.Logits),
            ("heap gaps", memory.Gaps),
        ];
        foreach (var (name, bytes) in parts.Where(part => part.Bytes > 0))
        {
            Line(console, "", $"{name,-11}  {new string('█', (int)(BarWidth * bytes / memory.Peak))} {Format.Bytes(bytes)}");
        }
    }

    private static void PrintSharing(IAnsiConsole console, MemoryEstimate memory)
    {
        if (memory.ByZeroStage is not { } stages) return;
        Line(console, "zero_stage", string.Join(", ", stages.Select((bytes, stage) => $"{stage}: about {Format.Bytes(bytes)} a process")));
    }

    private static void PrintProblems(IAnsiConsole console, RunForecast forecast)
    {
        if (forecast.Problems.Count > 0) console.WriteLine();
        foreach (var problem in forecast.Problems)
        {
            var isError = problem.Severity == Severity.Error;
            console.Write(new Spectre.Console.Text(isError ? "error      " : "warning    ", new Style(isError ? Color.Red : Color.Yellow)));
            console.WriteLine(problem.Sentence);
        }

        foreach (var remedy in forecast.Remedies)
        {
            var settings = string.Join(" ", remedy.Settings.Select(pair => $"--set {pair.Key}={Convert.ToString(pair.Value, CultureInfo.InvariantCulture)!.ToLowerInvariant()}"));
            Line(console, "less", $"{settings}  about {Format.Bytes(remedy.MemoryBytes)}{(remedy.Suffices ? ", which fits" : "")}");
        }

        console.WriteLine();
        console.WriteLine(forecast.CanStart ? "Ready to start." : "Cannot start with these settings.");
    }

    private static void Line(IAnsiConsole console, string name, string value)
    {
        console.Write(new Spectre.Console.Text($"{name,-11}", new Style(Color.Gray)));
        console.WriteLine(value);
    }

    private static string At(IReadOnlyList<long> steps, long times) => times == 0
        ? "never"
        : $"{Format.Count(times, "time")}: after step {string.Join(", ", steps.Take(6))}{(times > 6 ? ", ..." : "")}";

    private static string Range(LengthBucket bucket) => bucket.From == bucket.To ? $"{bucket.From}" : $"{bucket.From}-{bucket.To}";
}
