using Unmask.Core.Parameters;
using Unmask.Engine.Modeling.Adapters.Targets;

namespace Unmask.Engine.Modeling.Adapters.Planning;

/// <summary>What an adapter is (arXiv 2106.09685): its ranks, scales and the modules it changes, as peft's LoraConfig says it. No tensor.</summary>
public sealed record LoraSettings
{
    /// <summary>R of every layer that <see cref="RankPattern"/> does not name.</summary>
    public required int Rank { get; init; }

    /// <summary>The scale s of a layer is alpha / R, or alpha / sqrt(R) with <see cref="RankStabilized"/>.</summary>
    public required double Alpha { get; init; }

    /// <summary>Probability of dropping an input of a branch in training.</summary>
    public double Dropout { get; init; }

    public required TargetModules Targets { get; init; }

    /// <summary>rsLoRA (arXiv 2312.03732).</summary>
    public bool RankStabilized { get; init; }

    /// <summary>DoRA (arXiv 2402.09353): the length of each row of an adapted weight is trained by itself.</summary>
    public bool Dora { get; init; }

    /// <summary>Whether B has a bias (<c>lora_bias</c>).</summary>
    public bool UpBias { get; init; }

    /// <summary>Which biases of the model are trained beside the branches.</summary>
    public LoraBias Bias { get; init; }

    /// <summary>Modules that are trained as a whole (<c>modules_to_save</c>): names as in <see cref="ModuleNames"/>.</summary>
    public IReadOnlyList<string> SavedModules { get; init; } = [];

    /// <summary>Tokens that have rows of their own (<c>trainable_token_indices</c>), by the name of the table; an empty name for the table of the vocabulary.</summary>
    public IReadOnlyList<KeyValuePair<string, IReadOnlyList<long>>> Tokens { get; init; } = [];

    /// <summary>Whether a head that shares the table of the embeddings goes on sharing it when an adapter changes that table.</summary>
    public bool KeepsTies { get; init; }

    /// <summary>What was taken out of the base's weights before training began.</summary>
    public ResidualStart Start { get; init; } = ResidualStart.None;

    /// <summary>Ranks of some layers: regular expressions over paths or their ends after a dot; the first that matches counts.</summary>
    public IReadOnlyList<KeyValuePair<string, int>> RankPattern { get; init; } = [];

    /// <summary>Alphas of some layers, likewise.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> AlphaPattern { get; init; } = [];

    /// <summary>Where the model lies that it was trained on; may be empty.</summary>
    public string BaseModel { get; init; } = "";

    /// <summary>Class of that model, where a file names it.</summary>
    public string? BaseClass { get; init; }

    /// <summary>The adapter that a run's settings ask for.</summary>
    public static LoraSettings Of(TrainParameters parameters, string baseModel) => new()
    {
        Rank = parameters.LoraR,
        Alpha = parameters.LoraAlpha,
        Dropout = parameters.LoraDropout,
        RankStabilized = parameters.UseRslora,
        Dora = parameters.UseDora,
        Bias = parameters.Bias,
        SavedModules = TargetModules.NamesIn(parameters.ModulesToSave),
        Tokens = parameters.TrainableTokenIndices.Count == 0 ? [] : [new("", [.. TargetModules.NumbersIn(parameters.TrainableTokenIndices)])],
        Targets = TargetModules.Of(parameters),
        BaseModel = baseModel,
    };

    public int RankOf(string path) => Find(RankPattern, path, Rank);

    public double ScaleOf(string path)
    {
        var (alpha, rank) = (Find(AlphaPattern, path, Alpha), RankOf(path));
        return alpha / (RankStabilized ? Math.Sqrt(rank) : rank);
    }

    /// <summary>Whether a key of <see cref="RankPattern"/> or <see cref="AlphaPattern"/> means a path.</summary>
    internal static bool PatternMatches(string expression, string path) => PathExpression.Find(PathExpression.Parse($"(?:.*\\.)?(?:{expression})"), path).Success;

    private static T Find<T>(IReadOnlyList<KeyValuePair<string, T>> pattern, string path, T otherwise)
    {
        foreach (var (expression, value) in pattern)
        {
            if (PatternMatches(expression, path)) return value;
        }

        return otherwise;
    }
}
