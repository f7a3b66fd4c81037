using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Import;
using Unmask.Core.Parameters.Recipes;
using Xunit;

namespace Unmask.Tests.Parameters.Import;

/// <summary>An imported recipe that was written and read again.</summary>
internal static class Imported
{
    /// <summary>What the written recipe says; every line of it must be readable.</summary>
    public static TrainParameters Reread(ImportedRecipe imported)
    {
        var recipe = Recipe.Parse(imported.Write(), "/nowhere/recipe.yaml", workingDirectory: "/nowhere");
        Assert.DoesNotContain(recipe.Check(), problem => problem.Sentence.Contains("is not a setting", StringComparison.Ordinal) || problem.Sentence.Contains("YAML", StringComparison.Ordinal));
        foreach (var (setting, value, _) in imported.Settings.Where(entry => !entry.Setting.IsPath)) Assert.Equal(value, setting.Of(recipe.Parameters));
        foreach (var (setting, value, _) in imported.Settings.Where(entry => entry.Setting.IsPath))
        {
            var isOfHub = Core.Hub.Datasets.HubFolders.IsOnHub((string)value) || (setting.MayBeJoined && Core.Hub.Datasets.DatasetSpec.IsSpec((string)value));
            Assert.Equal(isOfHub && !((string)value).EndsWith("rows.jsonl", StringComparison.Ordinal) ? value : Path.Combine("/nowhere", (string)value), setting.Of(recipe.Parameters));
        }

        return recipe.Parameters;
    }

    public static void Tells(IEnumerable<string> sentences, string part) => Assert.Contains(sentences, sentence => sentence.Contains(part, StringComparison.Ordinal));
}
