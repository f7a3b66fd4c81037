using System.Globalization;
using System.Text;

namespace Unmask.Core.Parameters;

/// <summary>Writes <c>docs/parameters.md</c> from the catalog.</summary>
public static class ParameterDocument
{
    private const string Preface = """
        # Settings

        Made from `TrainParameters.cs`; do not edit by hand.

        A recipe is a YAML file with one setting a line. `--set name=value` on the command line goes over it, read by the same rules; an
        entry of a map is set by `--set model_config.hidden_size=192`. A name that is not listed here, a value of another type or out of
        range, and values that contradict each other are errors, all told at once before anything heavy happens.

        Relative paths in a recipe lead from the recipe's own folder; where nothing is there, from the working directory. On the command
        line it is the other way round. `output_dir` always leads from the working directory.

        A run keeps all of its settings in `config.yaml`, which is a recipe itself.

        """;

    /// <summary>The document, with line feeds only.</summary>
    public static string Write()
    {
        var text = new StringBuilder(Preface.ReplaceLineEndings("\n"));
        foreach (IGrouping<SettingGroup, Setting> group in ParameterCatalog.Settings.GroupBy(setting => setting.Group))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {group.Key}\n\n| name | default | value | meaning |\n|---|---|---|---|\n");
            foreach (Setting setting in group)
            {
                string notes = setting.Condition is { } condition ? $" Only {condition}." : "";
                if (setting.Alias is { } alias) notes += $" Also `{alias}`.";
                if (setting.Advanced) notes += " (advanced)";
                text.Append(CultureInfo.InvariantCulture, $"| `{setting.Name}` | {Default(setting)} | {Cell(setting.Allowed())} | **{Cell(setting.Title)}**. {Cell(setting.Help)}{notes} |\n");
            }
        }

        return text.ToString();
    }

    private static string Default(Setting setting) => setting.Default switch
    {
        null => "",
        TextList { Count: 0 } or ValueMap { Count: 0 } => "empty",
        TextList list => $"`{Cell(string.Join(", ", list))}`",
        object value => $"`{Cell(setting.Shown(value))}`",
    };

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}
