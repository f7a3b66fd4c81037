using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Tests.Models;

namespace Unmask.Tests.Library;

/// <summary>The folder of a very small model that knows a few words.</summary>
internal static class TinyLibraryModel
{
    private static readonly string[] words = [.. WordTokenizer.Special, "Q", "A", "the", "cat", "sat", "on", "a", "mat"];

    /// <summary>Makes it in a new folder and gives its path.</summary>
    public static string Make(string folder)
    {
        Directory.CreateDirectory(folder);
        var config = SmallConfigs.Of("bert", new VocabularyFacts(words.Length) { Pad = 0, Mask = 3 }, true, 16, 24, 1, 2);
        using (var model = NewModel.Initialize(config, 1)) ModelFolder.Save(folder, model, config);
        WordTokenizer.Write(folder, words);
        return folder;
    }
}
