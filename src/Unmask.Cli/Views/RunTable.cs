using System.Globalization;
using Spectre.Console;
using Unmask.Core.Jobs;

namespace Unmask.Cli.Views;

/// <summary>Runs as a table, one a row.</summary>
internal static class RunTable
{
    /// <summary>The table of some runs.</summary>
    public static Table Of(IEnumerable<RunOverview> runs)
    {
        var table = new Table().Border(TableBorder.None).AddColumns("run", "name", "state", "step", "loss", "eval loss", "left", "method", "model", "data", "started");
        foreach (var run in runs)
        {
            table.AddRow(((string[])
            [
                run.Id, run.Name, State(run), Steps(run), Figures.Number(run.Progress.Loss), Figures.Number(run.Progress.BestEvalLoss),
                run.IsLive ? Figures.Duration(run.Progress.EtaSeconds) : Figures.None, run.Settings?.Method ?? Figures.None, run.Settings?.Model ?? Figures.None, run.Settings?.Dataset ?? Figures.None,
                run.Started?.ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) ?? Figures.None,
            ]).Select(Markup.Escape).ToArray());
        }

        return table;
    }

    /// <summary>The state, and while it lives what it does.</summary>
    public static string State(RunOverview run) =>
        run.IsLive && run.Progress.Phase is { } phase ? Figures.Words(phase) : run.Status.ToString().ToLowerInvariant();

    /// <summary>Steps made of all steps.</summary>
    public static string Steps(RunOverview run) =>
        run.Progress.Step is { } step ? $"{step}{(run.Progress.TotalSteps is { } total ? $"/{total}" : "")}" : Figures.None;
}
