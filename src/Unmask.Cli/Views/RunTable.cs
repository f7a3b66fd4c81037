using Spectre.Console;
using Unmask.Core.Jobs.Status;

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
                run.Id, run.Name, State(run), Steps(run), Format.Number(run.Progress.Loss), Format.Number(run.Progress.BestEvalLoss),
                run.IsLive ? Format.Duration(run.Progress.EtaSeconds) : Format.None, run.Settings?.Method ?? Format.None, run.Settings?.Model ?? Format.None, run.Settings?.Dataset ?? Format.None,
                run.Started?.ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) ?? Format.None,
            ]).Select(Markup.Escape).ToArray());
        }

        return table;
    }

    /// <summary>The state, and while it lives what it does.</summary>
    public static string State(RunOverview run) =>
        run.IsLive && run.Progress.Phase is { } phase ? Format.Words(phase) : run.Status.ToString().ToLowerInvariant();

    /// <summary>Steps made of all steps.</summary>
    public static string Steps(RunOverview run) =>
        run.Progress.Step is { } step ? $"{step}{(run.Progress.TotalSteps is { } total ? $"/{total}" : "")}" : Format.None;
}
