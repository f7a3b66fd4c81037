namespace Unmask.Core.Datasets;

/// <summary>A dataset that comes with the program.</summary>
/// <param name="Id">Name of its folder.</param>
/// <param name="Title">What it is.</param>
/// <param name="Description">What a model learns from it.</param>
/// <param name="Path">Its file with training rows.</param>
public sealed record SampleData(string Id, string Title, string Description, string Path)
{
    private static readonly string folder = System.IO.Path.Combine(AppContext.BaseDirectory, "samples");

    /// <summary>Those that lie beside the program.</summary>
    public static IReadOnlyList<SampleData> All { get; } =
    [
        .. new SampleData[]
        {
            new("cmudict", "English words and their pronunciation", "20,000 words with their pronunciation in ARPAbet.", System.IO.Path.Combine(folder, "cmudict", "train.jsonl")),
            new("wordnet-qa", "Questions and answers", "\"What is a ...?\" with definitions from WordNet.", System.IO.Path.Combine(folder, "wordnet-qa", "train.jsonl")),
        }.Where(sample => File.Exists(sample.Path)),
    ];
}
