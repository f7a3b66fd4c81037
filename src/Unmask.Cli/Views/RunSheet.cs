using Spectre.Console;
using Unmask.Core;
using Unmask.Core.Jobs.Status;
using Unmask.Core.Runs.Checkpoints;

namespace Unmask.Cli.Views;

/// <summary>All about one run, on a page.</summary>
internal static class RunSheet
{
    /// <summary>Prints it.</summary>
    public static void Print(RunOverview run, IAnsiConsole console)
    {
        var lines = Lines(run).Where(line => line.Value is not null).ToList();
        var width = lines.Max(line => line.Name.Length);
        foreach (var (name, value) in lines) console.WriteLine($"{name.PadRight(width)}  {value}");

        var shelf = new CheckpointStore(Path.Combine(run.Path, "checkpoints"));
        var (all, best) = (shelf.All, shelf.Best);
        if (all.Count > 0)
        {
            console.WriteLine();
            console.WriteLine("Checkpoints");
            foreach (var checkpoint in all)
            {
                var manifest = checkpoint.Manifest;
                console.WriteLine($"  step {checkpoint.Step,8}  {Format.Bytes(manifest?.Bytes),10}  eval loss {Format.Number(manifest?.EvalLoss),8}  {manifest?.Saved.ToString().ToLowerInvariant() ?? "damaged"}{(checkpoint == best ? ", best" : "")}");
            }
        }

        if (Next(run) is not { } next) return;
        console.WriteLine();
        console.WriteLine($"Next steps: {next}");
    }

    private static IEnumerable<(string Name, string? Value)> Lines(RunOverview run)
    {
        yield return ("run", run.Name == run.Id ? run.Id : $"{run.Name} ({run.Id})");
        yield return ("state", RunTable.State(run));
        yield return ("problem", run.Problem?.ReplaceLineEndings(" "));
        yield return ("why", run.Fault?.Message.ReplaceLineEndings(" "));
        yield return ("step", run.Progress.Step is null ? null : RunTable.Steps(run));
        yield return ("time left", run.IsLive && run.Progress.EtaSeconds is { } eta ? Format.Duration(eta) : null);
        yield return ("loss", run.Progress.Loss is { } loss ? Format.Number(loss) : null);
        yield return ("best eval loss", run.Progress.BestEvalLoss is { } best ? $"{Format.Number(best)} at step {run.Progress.BestEvalStep}" : null);
        yield return ("method", run.Settings is { } settings ? $"{settings.Method}, {settings.Kind}" : null);
        yield return ("model", run.Settings?.Model);
        yield return ("dataset", run.Settings?.Dataset);
        yield return ("device", run.Progress.Device ?? run.Settings?.Device);
        yield return ("queued", run.IsOurs ? Time(run.Created) : null);
        yield return ("started", Time(run.Started));
        yield return ("ended", Time(run.Ended));
        yield return ("tags", run.Tags.Count > 0 ? string.Join(", ", run.Tags) : null);
        yield return ("from", run.Origin is { Parent: { } parent } origin ? origin.Step is { } step ? $"{parent}, step {step}" : parent : run.Origin?.Template);
        yield return ("folder", run.Path);
        yield return ("result", run.Model);
    }

    private static string? Next(RunOverview run) => run switch
    {
        { Model: { } model } => $"unmask chat --model {ShellWord.QuotePath(model)}",
        { IsLive: true } => $"unmask runs logs -f {ShellWord.QuotePath(run.Path)}",
        { CanGoOn: true } or { CanBeQueued: true } => $"unmask train --resume {ShellWord.QuotePath(run.Path)}",
        _ => null,
    };

    private static string? Time(DateTimeOffset? time) => time?.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
