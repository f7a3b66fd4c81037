using System.Globalization;
using Unmask.Cli.Shell;
using Unmask.Core;
using Unmask.Engine.Adapters;

namespace Unmask.Cli.Views;

/// <summary>What an adapter folder holds, and whether it fits the model that it names, without loading a weight.</summary>
internal static class AdaptorReport
{
    /// <returns>The exit code.</returns>
    public static int Print(AdapterFolder folder, TextWriter output)
    {
        var settings = folder.Settings;
        void Line(string name, string value) => output.WriteLine($"{name,-13} {value}");
        Line("adaptor", settings.RankStabilised ? "LoRA, rank-stabilised" : "LoRA");
        Line("rank", settings.Rank.ToString(CultureInfo.InvariantCulture));
        Line("alpha", settings.Alpha.ToString(CultureInfo.InvariantCulture));
        Line("targets", settings.Targets.Modules is { } modules ? modules.Pattern ?? string.Join(", ", modules.Names) : TargetModules.AllLinear);
        Line("base", settings.BaseModel.Length > 0 ? settings.BaseModel : "not said");
        if (settings.BaseModel.Length == 0) return ExitCode.Done;
        try
        {
            var plan = folder.PlanFor(folder.OpenBase());
            Line("layers", plan.Layers.Count.ToString(CultureInfo.InvariantCulture));
            Line("parameters", plan.Elements.ToString("N0", CultureInfo.InvariantCulture));
            output.WriteLine("Nothing is wrong with it.");
            return ExitCode.Done;
        }
        catch (UserError error)
        {
            foreach (var problem in error.Problems) Line("problem", problem);
            return ExitCode.UserCanFix;
        }
    }
}
