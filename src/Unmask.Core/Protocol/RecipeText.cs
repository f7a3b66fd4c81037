using Unmask.Core.Parameters.Recipes;

namespace Unmask.Core.Protocol;

/// <summary>Settings as a page has them: the fields of a form, or the text of a recipe.</summary>
public sealed record RecipeText
{
    /// <summary>Texts by setting name, as <see cref="RecipeFields"/> writes them; null where there is a recipe.</summary>
    public IReadOnlyDictionary<string, string>? Fields { get; init; }

    /// <summary>The text of a recipe; null where there are fields.</summary>
    public string? Yaml { get; init; }

    /// <summary>What sentences call the recipe.</summary>
    public string Name { get; init; } = "recipe.yaml";

    /// <summary>Settings beside the recipe, as <c>key=value</c>.</summary>
    public IReadOnlyList<string> Overrides { get; init; } = [];

    /// <summary>Where relative paths lead; null for the engine's own folder.</summary>
    public string? Folder { get; init; }

    /// <summary>The fields of a form.</summary>
    public static RecipeText OfFields(IReadOnlyDictionary<string, string> fields, string? folder = null) => new() { Fields = fields, Folder = folder };

    /// <summary>The text of a recipe.</summary>
    public static RecipeText OfYaml(string yaml, string? folder = null) => new() { Yaml = yaml, Folder = folder };

    /// <summary>Reads it; problems are in what is read.</summary>
    public Recipe Read() => Fields is { } fields ? Recipe.FromFields(fields, Folder) : Recipe.Parse(Yaml ?? "", Name, Overrides, Folder);
}
