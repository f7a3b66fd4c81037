using Unmask.Core.Parameters;
using Unmask.Engine.Objectives.Mdlm;

namespace Unmask.Engine.Generation.Decoding;

/// <summary>How a text is denoised. Defaults are those of the original sampler.</summary>
public sealed record SamplerOptions
{
    /// <summary>Tokens to generate after each prompt, at least 1; null lets <see cref="MaxLength"/> decide. Ignored by infill.</summary>
    public int? MaxNewTokens { get; init; } = 128;

    /// <summary>Length of the longest prompt with its answer. Ignored when <see cref="MaxNewTokens"/> is given, and by infill.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Tokens denoised together, left to right block by block; null takes all at once.</summary>
    public int? BlockSize { get; init; } = 128;

    /// <summary>Denoising steps over all blocks; each block gets an equal share, rounded up. Steps that would reveal nothing are skipped.</summary>
    public int Steps { get; init; } = 128;

    /// <summary>0 takes the most probable token; above, tokens are drawn from softmax(logits / temperature).</summary>
    public double Temperature { get; init; }

    public Remasking Remasking { get; init; } = Remasking.LowConfidence;

    /// <summary>Picks the predictions that a step keeps; null for the rule that <see cref="Remasking"/> names.</summary>
    public AcceptRule? Accept { get; init; }

    /// <summary>The rule in force.</summary>
    internal AcceptRule Rule => Accept ?? AcceptRules.Of(Remasking);

    /// <summary>Tokens are drawn from so many of the most probable; null for all.</summary>
    public int? TopK { get; init; }

    /// <summary>Tokens are drawn from the most probable that together hold this share, in (0, 1]; null for all.</summary>
    public double? TopP { get; init; }

    /// <summary>
    /// 0 keeps the surest predictions; above, they are drawn without replacement from softmax(confidence / this). Without effect on random ways of choosing.
    /// </summary>
    public double ConfidenceTemperature { get; init; }

    /// <summary>The time at which <see cref="Remasking.Origin"/> ends, in (0, 1): its steps go from time 1 to this, and the last reveals the rest.</summary>
    public double LastTime { get; init; } = 1e-3;

    /// <summary>Draws how many tokens a step reveals instead of rounding the expectation.</summary>
    public bool StochasticTransfer { get; init; }

    /// <summary>Strength of classifier-free guidance; 0 is off, above it each step runs the model twice.</summary>
    public double CfgScale { get; init; }

    /// <summary>Tokens of the prompt that the unguided half still sees.</summary>
    public IReadOnlyList<int> CfgKeepTokens { get; init; } = [];

    /// <summary>Tokens that are never generated.</summary>
    public IReadOnlyList<int> SuppressTokens { get; init; } = [];

    /// <summary>Tokens whose confidence counts as 0, so that positions that want them are committed last.</summary>
    public IReadOnlyList<int> BeginSuppressTokens { get; init; } = [];

    /// <summary>The token at a position is predicted by the position before it (models made from autoregressive ones).</summary>
    public bool RightShiftLogits { get; init; }

    public NoiseSchedule Schedule { get; init; } = NoiseSchedule.Linear;

    /// <summary>Names every random number of the sampler, together with step, row and position.</summary>
    public long Seed { get; init; }

    /// <summary>Everything wrong with the options, as sentences.</summary>
    /// <param name="vocabularySize">Tokens of the model.</param>
    public IReadOnlyList<string> Problems(int vocabularySize)
    {
        var problems = new List<string>();
        if (MaxNewTokens is < 1) problems.Add($"max_new_tokens is {MaxNewTokens}. It must be at least 1.");
        if (BlockSize is < 1) problems.Add($"block_size is {BlockSize}. It must be at least 1.");
        if (Steps < 1) problems.Add($"steps is {Steps}. It must be at least 1.");
        if (!(Temperature >= 0 && double.IsFinite(Temperature))) problems.Add($"temperature is {Temperature}. It must be 0 or more.");
        if (TopK is < 1) problems.Add($"top_k is {TopK}. It must be at least 1.");
        if (!(TopP is null or (> 0 and <= 1))) problems.Add($"top_p is {TopP}. It must be above 0 and at most 1.");
        if (!(ConfidenceTemperature >= 0 && double.IsFinite(ConfidenceTemperature))) problems.Add($"alg_temp is {ConfidenceTemperature}. It must be 0 or more.");
        if (!(LastTime is > 0 and < 1)) problems.Add($"eps is {LastTime}. It must be between 0 and 1.");
        if (!(CfgScale >= 0 && double.IsFinite(CfgScale))) problems.Add($"cfg_scale is {CfgScale}. It must be 0 or more.");
        foreach (var (setting, tokens) in new[] { ("suppress_tokens", SuppressTokens), ("begin_suppress_tokens", BeginSuppressTokens), ("cfg_keep_tokens", CfgKeepTokens) })
        {
            foreach (var token in tokens.Where(token => token < 0 || token >= vocabularySize))
            {
                problems.Add($"{setting} contains {token}; token ids of this model are 0 to {vocabularySize - 1}.");
            }
        }

        return problems;
    }
}
