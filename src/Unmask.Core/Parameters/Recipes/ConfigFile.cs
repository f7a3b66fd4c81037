using System.Text;

namespace Unmask.Core.Parameters.Recipes;

/// <summary>Writes settings as YAML: the <c>config.yaml</c> of a run. It reads in again (see <see cref="Recipe"/>) to an equal record.</summary>
public static class ConfigFile
{
    /// <summary>Every setting, by group; paths are absolute already.</summary>
    public static string Write(TrainParameters parameters)
    {
        var yaml = new StringBuilder("# All settings of this run. Also a recipe: unmask train config.yaml repeats the run.\n");
        foreach (IGrouping<SettingGroup, Setting> group in ParameterCatalog.Settings.GroupBy(setting => setting.Group))
        {
            yaml.Append(CultureInfo.InvariantCulture, $"\n# {group.Key}\n");
            foreach (Setting setting in group) yaml.Append(CultureInfo.InvariantCulture, $"{setting.Name}: {Value(setting.Of(parameters))}\n");
        }

        return yaml.ToString();
    }

    /// <summary>Only the settings that differ from their defaults, by group: a recipe as a person would write it.</summary>
    /// <param name="parameters">The settings.</param>
    /// <param name="heading">What the recipe is for; null for no heading.</param>
    public static string WriteChanges(TrainParameters parameters, string? heading = null)
    {
        var yaml = new StringBuilder();
        foreach (string line in Lines(heading ?? "")) yaml.Append(CultureInfo.InvariantCulture, $"# {line}\n");
        foreach (IGrouping<SettingGroup, Setting> group in Changed(parameters).GroupBy(setting => setting.Group))
        {
            if (yaml.Length > 0) yaml.Append('\n');
            foreach (Setting setting in group) yaml.Append(CultureInfo.InvariantCulture, $"{setting.Name}: {Value(setting.Of(parameters))}\n");
        }

        return yaml.ToString();
    }

    /// <summary>
    /// A text as lines that may stand in a comment: cut wherever YAML may end a line, and without what YAML does not allow, so that no part of it is
    /// ever read as a setting.
    /// </summary>
    internal static IEnumerable<string> Lines(string text) => text
        .Split(['\n', '\r', '\v', '\f', '\u0085', '\u2028', '\u2029'])
        .Select(line => string.Concat(line.Select(letter => char.IsControl(letter) || letter is '\ufeff' or '\ufffe' or '\uffff' ? ' ' : letter)).Trim())
        .Where(line => line.Length > 0);

    /// <summary>The settings whose values are not their defaults, in the order of a recipe.</summary>
    public static IEnumerable<Setting> Changed(TrainParameters parameters) => ParameterCatalog.Settings.Where(setting => !Equals(setting.Of(parameters), setting.Default));

    /// <summary>The settings as plain values by name, for events and for the JSON of tools.</summary>
    public static IReadOnlyDictionary<string, object?> ToDictionary(TrainParameters parameters) =>
        ParameterCatalog.Settings.ToDictionary(setting => setting.Name, setting => setting.Of(parameters) switch
        {
            Enum choice => setting.Shown(choice),
            var value => value,
        });

    /// <summary>A value as YAML.</summary>
    internal static string Value(object? value) => value switch
    {
        null => "null",
        bool truth => truth ? "true" : "false",
        Enum choice => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(choice.ToString()),
        double real => Real(real),
        IFormattable whole => whole.ToString(null, CultureInfo.InvariantCulture),
        TextList list => $"[{string.Join(", ", list.Select(Quoted))}]",
        ValueMap map => $"{{{string.Join(", ", map.Select(pair => $"{Quoted(pair.Key)}: {Entry(pair.Value)}"))}}}",
        _ => Quoted((string)value),
    };

    private static string Entry(object? value) => value is double real ? Real(real) : Value(value);

    /// <summary>Always with a point or an exponent, so that a real number stays one where the type is not known.</summary>
    private static string Real(double value)
    {
        string text = value.ToString("R", CultureInfo.InvariantCulture);
        return text.AsSpan().IndexOfAny('.', 'E', 'N') >= 0 || text.Contains('∞', StringComparison.Ordinal) ? text : text + ".0";
    }

    /// <summary>A text between double quotes, whatever it holds.</summary>
    internal static string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (char letter in text)
        {
            quoted.Append(letter switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\t' => "\\t",
                '\r' => "\\r",
                < ' ' or (>= '\u007f' and <= '\u00a0') or '\u2028' or '\u2029' or '\ufeff' or '\ufffe' or '\uffff' => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)letter:X4}"),
                _ => letter.ToString(),
            });
        }

        return quoted.Append('"').ToString();
    }
}
