using System.Text;
using Unmask.Core.Parameters.Recipes;

namespace Unmask.Core.Parameters.Import;

/// <summary>A setting that came over.</summary>
/// <param name="Setting">Which.</param>
/// <param name="Value">Its value, of the setting's type.</param>
/// <param name="Comment">Where it comes from, when its name does not tell; null otherwise.</param>
public sealed record ImportedSetting(Setting Setting, object Value, string? Comment);

/// <summary>Settings of another program, as a recipe of this one, with sentences for all that is not the same.</summary>
/// <param name="Source">What was read, to follow "Imported from".</param>
/// <param name="Settings">What came over, in the order of a recipe.</param>
/// <param name="Changed">What means something else here, or was given another form.</param>
/// <param name="LeftOut">What has no place here.</param>
public sealed record ImportedRecipe(string Source, IReadOnlyList<ImportedSetting> Settings, IReadOnlyList<string> Changed, IReadOnlyList<string> LeftOut)
{
    private const int LineLength = 118;

    /// <summary>The recipe as YAML; <see cref="Recipe"/> reads it.</summary>
    public string Write()
    {
        var yaml = new StringBuilder();
        AppendComment(yaml, $"Imported from {Source}.", indent: "");
        AppendList(yaml, "Converted or with a different meaning:", Changed);
        AppendList(yaml, "Not imported:", LeftOut);
        foreach (var group in Settings.GroupBy(entry => entry.Setting.Group))
        {
            yaml.Append('\n');
            foreach (var (setting, value, comment) in group)
            {
                yaml.Append($"{setting.Name}: {Shown(setting, value)}{(comment is null ? "" : $"  # {string.Join(' ', Words(comment))}")}\n");
            }
        }

        return yaml.ToString();
    }

    private static string Shown(Setting setting, object value) => value switch
    {
        string text => ConfigFile.Quoted(text),
        TextList list => $"[{string.Join(", ", list.Select(ConfigFile.Quoted))}]",
        _ => setting.Shown(value),
    };

    private static void AppendList(StringBuilder yaml, string heading, IReadOnlyList<string> sentences)
    {
        if (sentences.Count == 0) return;
        yaml.Append($"#\n# {heading}\n");
        foreach (var sentence in sentences) AppendComment(yaml, "- " + sentence, indent: "  ");
    }

    /// <summary>A sentence over as many comment lines as it takes. Whatever it quotes, no line of it ends the comment.</summary>
    private static void AppendComment(StringBuilder yaml, string sentence, string indent)
    {
        var line = "#";
        foreach (var word in Words(sentence))
        {
            if (line.Length > indent.Length + 1 && line.Length + 1 + word.Length > LineLength)
            {
                yaml.Append(line).Append('\n');
                line = "#" + indent;
            }

            line += " " + word;
        }

        yaml.Append(line).Append('\n');
    }

    private static IEnumerable<string> Words(string text) =>
        text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(word => new string([.. word.Where(letter => !char.IsControl(letter))]));
}
