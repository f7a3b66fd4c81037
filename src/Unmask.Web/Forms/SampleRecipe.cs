using Unmask.Core.Parameters;
using Unmask.Core.Storage;

namespace Unmask.Web.Forms;

/// <summary>A recipe that comes with the program.</summary>
/// <param name="Id">Name of its file, without the ending.</param>
/// <param name="Title">What it makes.</param>
/// <param name="Parameters">Its settings.</param>
public sealed record SampleRecipe(string Id, string Title, TrainParameters Parameters)
{
    private static readonly string folder = Path.Combine(AppContext.BaseDirectory, "recipes");

    /// <summary>The recipe of that name; null where there is none.</summary>
    public static SampleRecipe? Find(string id)
    {
        var path = Path.Combine(folder, id + ".yaml");
        if (!Slug.Is(id) || !File.Exists(path)) return null;
        var first = File.ReadLines(path).FirstOrDefault(line => line.StartsWith('#'))?.TrimStart('#', ' ') ?? id;
        return new SampleRecipe(id, first, Recipe.Load(path).Parameters);
    }
}
