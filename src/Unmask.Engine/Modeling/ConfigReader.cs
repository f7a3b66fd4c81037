using System.Text.Json.Nodes;

namespace Unmask.Engine.Modeling;

/// <summary>Typed access to a config.json that gathers every problem instead of stopping at the first.</summary>
/// <param name="json">The parsed file.</param>
/// <param name="path">The file, for messages.</param>
public sealed class ConfigReader(JsonObject json, string path)
{
    /// <summary>The file's name in a model folder.</summary>
    public const string FileName = "config.json";

    /// <summary>Most layers that are believed; the deepest published models have some hundred.</summary>
    public const int MostLayers = 1_024;

    /// <summary>Largest width, and most rows of a table, that are believed.</summary>
    public const int MostRows = 1 << 24;

    /// <summary>Most parameters that are believed, some ten times those of the largest published models.</summary>
    private const double MostParameters = 1L << 44;

    private readonly List<string> problems = [];

    public JsonObject Json => json;

    /// <summary>How many problems were found so far.</summary>
    public int Problems => problems.Count;

    /// <summary>Notes a problem, a sentence without the file's name.</summary>
    public void Problem(string sentence) => problems.Add($"{path}: {sentence}");

    /// <summary>Throws everything that was found.</summary>
    public void ThrowIfAny() => UserError.ThrowIfAny(problems);

    /// <summary>The configuration that was read, if nothing is wrong with it.</summary>
    /// <exception cref="UserError">With everything that was found, or because the model would be larger than any.</exception>
    public T Checked<T>(T config) where T : ModelConfig
    {
        ThrowIfAny();
        // As real numbers: the sizes of a config.json that nobody has trained may add up to more than a whole number holds.
        var parameters = config.Parameters.Sum(parameter => parameter.Shape.Aggregate(1.0, (product, size) => product * size));
        if (parameters > MostParameters) throw new UserError(string.Create(CultureInfo.InvariantCulture, $"{path} describes a model of {parameters:0.##E+0} parameters; at most {MostParameters:0.##E+0} are read. Its sizes are wrong; copy the file again."));
        return config;
    }

    public bool Has(string key) => json[key] is not null;

    /// <summary>A text, or null where there is none.</summary>
    public string? Text(string key)
    {
        if (json[key] is null) return null;
        if (json[key] is JsonValue value && value.TryGetValue<string>(out var text)) return text;
        Problem($"{key} is {Shown(key)}. It must be a text.");
        return null;
    }

    /// <summary>A whole number from <paramref name="least"/> to <paramref name="most"/>; 1 is returned where the file is wrong.</summary>
    public int Count(string key, int fallback, int least = 1, int most = int.MaxValue)
    {
        if (json[key] is null) return fallback;
        if (json[key] is JsonValue value && value.TryGetValue<int>(out var number) && number >= least && number <= most) return number;
        Problem(most == int.MaxValue ? $"{key} is {Shown(key)}. It must be a whole number from {least}." : string.Create(CultureInfo.InvariantCulture, $"{key} is {Shown(key)}. It must be a whole number from {least} to {most:N0}."));
        return Math.Max(1, least);
    }

    /// <summary>Number of layers.</summary>
    public int Layers(string key, int fallback) => Count(key, fallback, most: MostLayers);

    /// <summary>A width, a number of heads, or rows of a table.</summary>
    public int Rows(string key, int fallback) => Count(key, fallback, most: MostRows);

    /// <summary>A token id, or null.</summary>
    public int? Id(string key, int? fallback, int vocabularySize)
    {
        if (!json.ContainsKey(key)) return fallback;
        if (json[key] is null) return null;
        if (json[key] is JsonValue value && value.TryGetValue<int>(out var number) && number >= 0 && number < vocabularySize) return number;
        Problem($"{key} is {Shown(key)}. It must be null or a token id from 0 to {vocabularySize - 1} (vocab_size is {vocabularySize}).");
        return null;
    }

    /// <summary>A number above zero.</summary>
    public double Positive(string key, double fallback)
    {
        if (json[key] is null) return fallback;
        if (json[key] is JsonValue value && value.TryGetValue<double>(out var number) && number > 0 && double.IsFinite(number)) return number;
        Problem($"{key} is {Shown(key)}. It must be a number above 0.");
        return fallback;
    }

    /// <summary>A probability below 1.</summary>
    public double Dropout(string key, double fallback)
    {
        if (json[key] is null) return fallback;
        if (json[key] is JsonValue value && value.TryGetValue<double>(out var number) && number is >= 0 and < 1) return number;
        Problem($"{key} is {Shown(key)}. It must be from 0 to below 1.");
        return fallback;
    }

    public bool Flag(string key, bool fallback)
    {
        if (json[key] is null) return fallback;
        if (json[key] is JsonValue value && value.TryGetValue<bool>(out var flag)) return flag;
        Problem($"{key} is {Shown(key)}. It must be true or false.");
        return fallback;
    }

    /// <summary>One of a few words.</summary>
    public string OneOf(string key, string fallback, IReadOnlyList<string> known)
    {
        if (json[key] is null) return fallback;
        if (json[key] is JsonValue value && value.TryGetValue<string>(out var text) && known.Contains(text)) return text;
        Problem($"{key} is {Shown(key)}; this program knows {string.Join(", ", known)}.");
        return fallback;
    }

    /// <summary>The name of an activation function.</summary>
    public string Activation(string key, string fallback)
    {
        if (json[key]?.ToString() is not { } name || !Blocks.Activation.Trained.Contains(name)) return OneOf(key, fallback, Blocks.Activation.Names);
        Problem($"{key} is \"{name}\", an activation with trained parameters of its own, for which this architecture has no tensors; this program knows {string.Join(", ", Blocks.Activation.Names)}.");
        return fallback;
    }

    private string Shown(string key) => Shown(json[key]);

    /// <summary>A value as JSON, shortened for a message.</summary>
    internal static string Shown(JsonNode? value) => Excerpt.Of(value?.ToJsonString() ?? "null", longest: 80);
}
