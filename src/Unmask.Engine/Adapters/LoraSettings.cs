using Unmask.Core.Parameters;

namespace Unmask.Engine.Adapters;

/// <summary>What an adapter is (arXiv 2106.09685): its ranks, scales and the layers it hangs on. No tensor.</summary>
public sealed record LoraSettings
{
    /// <summary>R of every layer that <see cref="RankPattern"/> does not name.</summary>
    public required int Rank { get; init; }

    /// <summary>The scale s of a layer is alpha / R, or alpha / sqrt(R) with <see cref="RankStabilised"/>.</summary>
    public required double Alpha { get; init; }

    /// <summary>Probability of dropping an input of a branch in training.</summary>
    public double Dropout { get; init; }

    public required TargetModules Targets { get; init; }

    /// <summary>rsLoRA (arXiv 2312.03732).</summary>
    public bool RankStabilised { get; init; }

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
        RankStabilised = parameters.UseRslora,
        Targets = TargetModules.Of(TargetModules.NamesIn(parameters.TargetModules)),
        BaseModel = baseModel,
    };

    public int RankOf(string path) => Find(RankPattern, path, Rank);

    public double ScaleOf(string path)
    {
        var (alpha, rank) = (Find(AlphaPattern, path, Alpha), RankOf(path));
        return alpha / (RankStabilised ? Math.Sqrt(rank) : rank);
    }

    private static T Find<T>(IReadOnlyList<KeyValuePair<string, T>> pattern, string path, T otherwise)
    {
        foreach (var (expression, value) in pattern)
        {
            if (PathExpression.Find(PathExpression.Parse($@"\A(.*\.)?({expression})\z"), path).Success) return value;
        }

        return otherwise;
    }
}
