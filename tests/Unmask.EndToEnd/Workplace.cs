using System.Text;

namespace Unmask.EndToEnd;

/// <summary>A folder of its own for one test, with a tiny dataset in it; deleted afterwards.</summary>
internal sealed class Workplace : IDisposable
{
    public Workplace() => File.WriteAllLines(In("rows.jsonl"), Enumerable.Range(0, 60).Select(i => $$"""{"prompt": "{{Word(i)}}", "response": "{{Word(i * 7 + 3)}}"}"""));

    public string Folder { get; } = Directory.CreateTempSubdirectory("unmask-e2e-").FullName;

    /// <summary>A recipe that makes a very small fresh model in a few steps; <paramref name="changes"/> are added as --set.</summary>
    public Task<Outcome> Train(params string[] changes) => Train(Recipe(), changes);

    public Task<Outcome> Train(string recipe, string[] changes) =>
        Executable.Run(["train", recipe, "--run-dir", In("run"), .. changes.SelectMany(change => (string[])["--set", change])], Folder);

    /// <summary>Writes the recipe and gives its path.</summary>
    public string Recipe()
    {
        File.WriteAllText(In("recipe.yaml"), """
            dataset: rows.jsonl
            model_architecture: bert
            model_size: tiny
            model_config: {hidden_size: 32, intermediate_size: 64, num_attention_heads: 2, num_hidden_layers: 1, max_position_embeddings: 64}
            vocabulary: character
            max_length: 32
            batch_size: 4
            train_steps: 2
            learning_rate: 1e-3
            dtype: float32
            logging_steps: 1
            sample_count: 0
            """);
        return In("recipe.yaml");
    }

    public string In(string name) => Path.Combine(Folder, name);

    /// <summary>Copies a folder with all that is in it.</summary>
    public static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories)) Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories)) File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static string Word(int number)
    {
        var word = new StringBuilder();
        for (var rest = number + 100 * (number % 3 * number % 11 + 1); rest > 0; rest /= 5) word.Append((char)('a' + rest % 5));
        return word.ToString();
    }
}
