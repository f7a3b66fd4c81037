using Unmask.Core.Jobs;
using Unmask.Core.Parameters;
using Unmask.Core.Templates;

namespace Unmask.Web.Forms;

/// <summary>Settings that those of a form can be put beside.</summary>
/// <param name="Key">Its name in the form: empty for the defaults, else run:ID, template:ID or recipe:NAME.</param>
/// <param name="Title">What people call it.</param>
public sealed record Baseline(string Key, string Title);

/// <summary>Finds settings to put beside those of a form: the defaults, recipes, templates, runs.</summary>
/// <param name="templates">All templates.</param>
/// <param name="scheduler">All runs.</param>
public sealed class Baselines(TemplateStore templates, RunScheduler scheduler)
{
    private const int Runs = 30;
    private const string Recipe = "recipe:";

    /// <summary>Those to choose from: the defaults, templates, the last runs.</summary>
    /// <param name="origin">The one that the form came from; it is among them however old it is.</param>
    public IReadOnlyList<Baseline> List(string origin) =>
    [
        new("", "default settings"),
        .. origin.StartsWith(Recipe, StringComparison.Ordinal) ? [new(origin, $"recipe {origin[Recipe.Length..]}")] : Array.Empty<Baseline>(),
        .. templates.All.Where(template => template.Parameters is not null).Select(template => new Baseline($"template:{template.Id}", $"template {template.Title}")),
        .. scheduler.List().Where((run, place) => place < Runs || origin == $"run:{run.Id}").Select(run => new Baseline($"run:{run.Id}", $"run {run.Name} ({run.Id})")),
    ];

    /// <summary>The settings of one; null where it is gone or cannot be read.</summary>
    public TrainParameters? Of(string key) => key.Split(':', 2) switch
    {
        ["run", var id] => scheduler.Find(id) is null ? null : scheduler.SettingsOrNull(id),
        ["template", var id] => templates.Find(id)?.Parameters,
        ["recipe", var name] => SampleRecipe.Find(name)?.Parameters,
        [""] => new TrainParameters(),
        _ => null,
    };
}
