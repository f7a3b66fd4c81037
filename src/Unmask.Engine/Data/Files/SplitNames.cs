namespace Unmask.Engine.Data.Files;

/// <summary>The three parts of a dataset and the names people give them.</summary>
public static class SplitNames
{
    public const string Train = "train";
    public const string Validation = "validation";
    public const string Test = "test";

    /// <summary>All of them, the one for training first.</summary>
    public static IReadOnlyList<string> All { get; } = [Train, Validation, Test];

    private static readonly Dictionary<string, string> Words = new(StringComparer.OrdinalIgnoreCase)
    {
        ["train"] = Train,
        ["training"] = Train,
        ["validation"] = Validation,
        ["valid"] = Validation,
        ["val"] = Validation,
        ["dev"] = Validation,
        ["test"] = Test,
        ["testing"] = Test,
        ["eval"] = Test,
        ["evaluation"] = Test,
    };

    /// <summary>
    /// The part that a name tells, or null: the first word of it that is a part's name, words being parted by anything but letters
    /// (<c>train-00000-of-00002</c>, <c>my_test</c>, <c>train_sft</c>).
    /// </summary>
    public static string? Of(string name)
    {
        var words = new string([.. name.Select(c => char.IsLetter(c) ? c : ' ')]);
        foreach (var word in words.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (Words.TryGetValue(word, out var split)) return split;
        }

        return null;
    }
}
