using Unmask.Core.Protocol;

namespace Unmask;

/// <summary>Generation settings. What is null is taken from the model's <c>generation_config.json</c>, else from what its architecture uses.</summary>
/// <example>
/// <code>
/// var options = new GenerationOptions { MaxNewTokens = 128, DenoisingSteps = 32, BlockLength = 32, Temperature = 0.2, Seed = 7 };
/// var result = await model.GenerateAsync("Why is the sky blue?", options);
/// </code>
/// </example>
public sealed record GenerationOptions
{
    /// <summary>Masks put behind the prompt: the longest answer, in tokens. Ignored by infilling.</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>Denoising steps; fewer are faster and less exact. One for each token by default.</summary>
    public int? DenoisingSteps { get; init; }

    /// <summary>Tokens that are denoised together, block by block from the left.</summary>
    public int? BlockLength { get; init; }

    /// <summary>0 takes the most probable token; above, tokens are drawn.</summary>
    public double? Temperature { get; init; }

    /// <summary>Tokens are drawn from the most probable that together hold this share, in (0, 1].</summary>
    public double? TopP { get; init; }

    /// <summary>Tokens are drawn from so many of the most probable.</summary>
    public int? TopK { get; init; }

    /// <summary>Which predictions a denoising step keeps.</summary>
    public RemaskingStrategy? Remasking { get; init; }

    /// <summary>Above 0, the predictions to keep are drawn by their confidence instead of taking the surest.</summary>
    public double ConfidenceTemperature { get; init; }

    /// <summary>Classifier-free guidance: how much more the prompt counts. 0 is off; above, a step costs two.</summary>
    public double CfgScale { get; init; }

    /// <summary>The same seed gives the same text.</summary>
    public long Seed { get; init; }

    /// <summary>Texts that end an answer; they are not part of it.</summary>
    public IReadOnlyList<string> StopSequences { get; init; } = [];

    /// <summary>Name (<c>llada</c>, <c>chatml</c> ...) or file of a chat template; null for the tokenizer's own.</summary>
    public string? ChatTemplate { get; init; }

    /// <summary>Whether a prompt is continued as it is, without a chat template.</summary>
    public bool RawPrompt { get; init; }

    internal SamplerChoices Choices => new()
    {
        MaxNewTokens = MaxNewTokens,
        Steps = DenoisingSteps,
        BlockSize = BlockLength,
        Temperature = Temperature,
        TopP = TopP,
        TopK = TopK,
        Remasking = Remasking switch
        {
            null => null,
            { } strategy when Enum.TryParse<Core.Parameters.Remasking>(strategy.ToString(), out var way) => way,
            { } unknown => throw new UserError($"The remasking strategy is {unknown}; it must be one of {string.Join(", ", Enum.GetNames<RemaskingStrategy>())}."),
        },
        AlgTemp = ConfidenceTemperature,
        CfgScale = CfgScale,
        Seed = Seed,
    };
}

/// <summary>Which of the predicted tokens a denoising step keeps; the others stay masked.</summary>
/// <example>
/// <code>
/// var options = new GenerationOptions { Remasking = RemaskingStrategy.Entropy };
/// </code>
/// </example>
public enum RemaskingStrategy
{
    /// <summary>Those with the highest probability.</summary>
    LowConfidence,

    /// <summary>Any, drawn uniformly.</summary>
    Random,

    /// <summary>Those whose token is most probable after temperature and filters.</summary>
    MaskgitPlus,

    /// <summary>Those whose most probable token is furthest ahead of the second.</summary>
    TopkMargin,

    /// <summary>Those whose distribution has the lowest entropy.</summary>
    Entropy,

    /// <summary>Each by itself with the probability of the noise schedule.</summary>
    Origin,
}
