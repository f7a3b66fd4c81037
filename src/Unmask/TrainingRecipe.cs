using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Unmask.Core.Parameters.Recipes;
using Unmask.Core.Parameters.Validation;
using Unmask.Engine.Training.Preparation;

namespace Unmask;

/// <summary>The settings of a training run, from a recipe file or by name; docs/parameters.md lists all of them.</summary>
/// <example>
/// <code>
/// var recipe = TrainingRecipe.Load("recipes/quickstart.yaml", "train_steps=100");
/// var other = TrainingRecipe.FromSettings(new Dictionary&lt;string, object?&gt;
/// {
///     ["model"] = "models/modernbert",
///     ["dataset"] = "rows.jsonl",
///     ["learning_rate"] = 3e-4,
/// });
/// </code>
/// </example>
public sealed class TrainingRecipe
{
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) } };

    private readonly Func<Recipe> read;

    private TrainingRecipe(Func<Recipe> read) => this.read = read;

    /// <summary>A recipe file. It is read when it is used.</summary>
    /// <param name="path">A YAML file with one setting a line.</param>
    /// <param name="overrides">Settings that replace the file's, as <c>name=value</c>.</param>
    public static TrainingRecipe Load(string path, params IReadOnlyList<string> overrides)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return new(() => Recipe.Load(path, overrides));
    }

    /// <summary>The text of a recipe; relative paths lead from the working directory.</summary>
    public static TrainingRecipe Parse(string yaml)
    {
        ArgumentNullException.ThrowIfNull(yaml);
        return new(() => Recipe.Parse(yaml));
    }

    /// <summary>Settings by name: numbers, texts, booleans, lists and dictionaries. Those that are not given keep their defaults.</summary>
    public static TrainingRecipe FromSettings(IReadOnlyDictionary<string, object?> settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        // A line of JSON is a line of YAML.
        var lines = string.Join('\n', settings.Select(setting => $"{JsonSerializer.Serialize(setting.Key, Json)}: {JsonSerializer.Serialize(setting.Value, Json)}"));
        return new(() => Recipe.Parse(lines, "settings"));
    }

    /// <summary>What is wrong with the settings, with the files that they name and with this machine for them; nothing is trained or downloaded.</summary>
    public IReadOnlyList<string> Check() => UnmaskException.Guard<IReadOnlyList<string>>(() =>
    {
        ProcessTuning.Start();
        var recipe = Read();
        return [.. recipe.Check(TrainingInputs.Facts(recipe.Parameters)).Where(problem => problem.Severity == Severity.Error).Select(problem => problem.Sentence)];
    });

    /// <summary>Every setting with its value, as YAML.</summary>
    public override string ToString() => UnmaskException.Guard(() => ConfigFile.Write(Read().Parameters));

    internal Recipe Read() => read();
}
