using Microsoft.AspNetCore.Http;
using Unmask.Core;
using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Recipes;
using Unmask.Core.Parameters.Validation;
using Unmask.Core.Storage;

namespace Unmask.Web.Forms;

/// <summary>The values of the training form as a person wrote them, and what is to be said about them.</summary>
public sealed class TrainingForm
{
    /// <summary>What the picker of a path sends when another one was typed.</summary>
    public const string Elsewhere = "::elsewhere";

    /// <summary>Ending of the name of the field for that other path.</summary>
    public const string ElsewhereField = "__elsewhere";

    private readonly Dictionary<string, string> fields;
    private readonly Recipe recipe;

    private TrainingForm(Dictionary<string, string> fields)
    {
        this.fields = fields;
        recipe = Recipe.FromFields(fields);
    }

    /// <summary>The form of settings.</summary>
    public static TrainingForm Of(TrainParameters parameters) => new(RecipeFields.Of(parameters));

    /// <summary>The form as it was sent. A box that is not ticked sends nothing, which means false.</summary>
    public static TrainingForm Of(IFormCollection sent)
    {
        Dictionary<string, string> fields = [];
        foreach (var setting in ParameterCatalog.Settings)
        {
            var value = sent[setting.Name].ToString();
            if (setting.Type == SettingType.Boolean) fields[setting.Name] = value.Length > 0 ? "true" : "false";
            else if (value == Elsewhere) fields[setting.Name] = sent[setting.Name + ElsewhereField].ToString();
            else if (sent.ContainsKey(setting.Name)) fields[setting.Name] = value.ReplaceLineEndings("\n");
        }

        return new TrainingForm(fields);
    }

    /// <summary>The settings, as far as they can be read.</summary>
    public TrainParameters Parameters => recipe.Parameters;

    /// <summary>The text of a field.</summary>
    public string Text(Setting setting) => fields.GetValueOrDefault(setting.Name) ?? RecipeFields.Text(setting, setting.Default);

    /// <summary>The texts of all fields.</summary>
    public IReadOnlyDictionary<string, string> Fields => fields;

    /// <summary>All that can be said about the settings by themselves, errors first.</summary>
    public IReadOnlyList<Problem> Problems => [.. recipe.Check().OrderByDescending(problem => problem.Severity)];

    /// <summary>Only what differs from the defaults, as a recipe.</summary>
    public string Yaml => ConfigFile.WriteChanges(Parameters);

    /// <summary>What does the same in a terminal.</summary>
    public string Command
    {
        get
        {
            // Its name becomes a file, and its lines must not end the text before its end, or reach the terminal as more than text.
            var file = Slug.Of(Parameters.AdaptorName, instead: "recipe") + ".yaml";
            var yaml = TerminalText.Clean(Yaml);
            var end = "END";
            for (var lines = yaml.Split('\n').ToHashSet(StringComparer.Ordinal); lines.Contains(end);) end += "_";
            return $"cat > {ShellWord.ForPosix(file)} <<'{end}'\n{yaml}{end}\nunmask train {ShellWord.ForPosix(file)}";
        }
    }
}
