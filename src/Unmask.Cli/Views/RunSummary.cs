using Spectre.Console;
using Unmask.Cli.Views.Training;
using Unmask.Core;
using Unmask.Core.Events;

namespace Unmask.Cli.Views;

/// <summary>What is said when a run has ended: how good the model is, a few of its outputs, where it lies, what to type next.</summary>
public sealed class RunSummary : IEventSink
{
    private const int ShownExamples = 8;

    private readonly RunPicture picture = new();

    /// <summary>Whether a step was made or a checkpoint saved: something worth keeping.</summary>
    public bool SawTraining => picture is not { Step: null, Checkpoint: null };

    public void Write(RunEvent happened) => picture.Take(happened);

    /// <summary>Prints the summary.</summary>
    /// <param name="console">Where to.</param>
    /// <param name="runFolder">The run folder, as the person would type it.</param>
    public void Print(IAnsiConsole console, string runFolder)
    {
        if (picture.Finished is not { } finished) return;
        console.WriteLine();
        if (Metrics().ToList() is { Count: > 0 } metrics)
        {
            Heading(console, finished.Outcome == RunOutcome.Done ? "Final evaluation" : "Progress");
            var width = metrics.Max(metric => metric.Name.Length);
            foreach (var (name, value) in metrics) console.WriteLine($"  {name.PadRight(width)}  {value}");
        }

        PrintExamples(console);
        Heading(console, "Output");
        if (finished.Model is { } model) console.WriteLine($"  model   {Path.Combine(runFolder, model)}");
        console.WriteLine($"  run     {runFolder}");

        Heading(console, "Next steps");
        foreach (var command in NextCommands(finished, runFolder)) console.WriteLine($"  {command}");
    }

    private IEnumerable<(string Name, string Value)> Metrics()
    {
        if (picture.Finished is { Step: > 0 } finished) yield return ("steps", $"{finished.Step}, {Format.Duration(finished.Seconds)} in all");
        if (picture.BestEvaluation is { } best)
        {
            yield return ("evaluation loss", $"{Format.Number(best.EvalLoss)} at step {best.Step} (best)");
            if (best.EvalPerplexityBound is { } perplexity) yield return ("perplexity bound", Format.Number(perplexity));
            if (best.EvalMaskedAccuracy is { } accuracy) yield return ("masked accuracy", Format.Percent(accuracy));
        }
        else if (picture.Step is { } last)
        {
            yield return ("training loss", Format.Number(last.Loss));
        }

        if (picture.FinalEvaluation is not { } final) yield break;
        foreach (var (name, value) in final.Metrics)
        {
            yield return (Format.Words(name), value is >= 0 and <= 1 ? $"{100 * value:F2}%" : Format.Number(value));
        }

        if (final.Rows is { } rows) yield return ("rows scored", Format.Count(rows));
    }

    private void PrintExamples(IAnsiConsole console)
    {
        var examples = (picture.FinalEvaluation?.Examples ?? picture.Samples?.Samples ?? []).Take(ShownExamples).ToList();
        if (examples.Count == 0) return;

        Heading(console, "Samples");
        var prompt = Math.Min(28, examples.Max(example => Format.OneLine(example.Prompt).Length));
        foreach (var example in examples)
        {
            console.WriteLine($"  {Format.OneLine(example.Prompt).PadRight(prompt)}  {Format.Output(example.Output)}");
            if (example.Target is { } target && Format.OneLine(target) != Format.OneLine(example.Output))
            {
                console.WriteLine($"  {"",-2}{"target:".PadLeft(Math.Max(7, prompt - 2))}  {Format.OneLine(target)}");
            }
        }
    }

    private IEnumerable<string> NextCommands(RunFinished finished, string runFolder)
    {
        if (finished.Model is { } model)
        {
            var example = picture.FinalEvaluation?.Examples?.FirstOrDefault() ?? picture.Samples?.Samples.FirstOrDefault();
            yield return $"unmask sample --model {ShellWord.QuotePath(Path.Combine(runFolder, model))} --prompt {ShellWord.Quote(Format.OneLine(example?.Prompt ?? "Hello"))}";
        }

        if (finished.Outcome != RunOutcome.Done) yield return $"unmask train --resume {ShellWord.QuotePath(runFolder)}";
    }

    private static void Heading(IAnsiConsole console, string text)
    {
        console.WriteLine();
        console.Write(new Spectre.Console.Text(text, new Style(decoration: Decoration.Bold)));
        console.WriteLine();
    }

}
