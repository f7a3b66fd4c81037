using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Recipes;
using Unmask.Core.Storage;

namespace Unmask.Web.Forms;

/// <summary>A recipe that comes with the program.</summary>
/// <param name="Id">Its path below the recipes, without the ending, e.g. demo or tiny/dream-base.</param>
/// <param name="Title">What it makes.</param>
/// <param name="Description">More of it.</param>
/// <param name="Parameters">Its settings.</param>
public sealed record SampleRecipe(string Id, string Title, string Description, TrainParameters Parameters)
{
    private static readonly string folder = Path.Combine(AppContext.BaseDirectory, "recipes");

    /// <summary>The recipe of that name; null where there is none.</summary>
    public static SampleRecipe? Find(string id)
    {
        var path = Path.Combine(folder, id + ".yaml");
        if (!id.Split('/').All(Slug.Is) || !File.Exists(path)) return null;
        var comments = File.ReadLines(path).TakeWhile(line => line.StartsWith('#')).Select(line => line.TrimStart('#', ' ')).ToList();
        return new SampleRecipe(id, comments.FirstOrDefault() ?? id, string.Join(' ', comments.Skip(1)), Recipe.Load(path).Parameters);
    }
}
