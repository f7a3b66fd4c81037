using System.Text.Json;
using System.Text.Json.Serialization;

namespace Unmask.Core.Events;

/// <summary>Mean cross-entropy of the masked tokens whose row had a noise level t in [From, To).</summary>
/// <param name="From">Lowest noise level t, in 0..1.</param>
/// <param name="To">Highest noise level t.</param>
/// <param name="Loss">Unweighted mean cross-entropy, nats per masked token; null when no token fell here.</param>
/// <param name="Tokens">Masked tokens that fell here.</param>
public sealed record NoiseLevelLoss(double From, double To, double? Loss, long Tokens);

/// <summary>What training measured since the last such event. Means are over the steps in between.</summary>
/// <param name="Step">Optimizer steps made so far, from 1.</param>
/// <param name="Epoch">Passes over the data so far, with fraction.</param>
/// <param name="Loss">The training objective.</param>
/// <param name="Nll">Upper bound on the negative log-likelihood, nats per token; null when the objective's weights give no bound.</param>
/// <param name="PerplexityBound">exp(<paramref name="Nll"/>).</param>
/// <param name="MaskedAccuracy">Share of masked tokens whose most likely token is the right one, 0..1.</param>
/// <param name="LearningRate">The learning rate that this step used.</param>
/// <param name="GradNorm">Global gradient norm of this step, before clipping; null when the step was skipped.</param>
/// <param name="TokensPerSecond">Real tokens (no padding) a second.</param>
/// <param name="StepSeconds">Mean wall time of a step.</param>
/// <param name="MemoryBytes">Memory of the process (CPU) or of the device (GPU).</param>
/// <param name="EtaSeconds">Estimated time until the last step.</param>
public sealed record StepLogged(
    long Step,
    double Epoch,
    double Loss,
    double? Nll = null,
    double? PerplexityBound = null,
    double? MaskedAccuracy = null,
    double LearningRate = 0,
    double? GradNorm = null,
    double TokensPerSecond = 0,
    double StepSeconds = 0,
    long? MemoryBytes = null,
    double? EtaSeconds = null) : RunEvent
{
    protected override string Kind => "step_logged";

    /// <summary>All optimizer steps of the run.</summary>
    public long? TotalSteps { get; init; }

    public IReadOnlyList<NoiseLevelLoss>? LossByNoiseLevel { get; init; }

    /// <summary>Factor on the loss of the next step, where float16 needs one.</summary>
    public double? LossScale { get; init; }

    /// <summary>Steps so far whose gradients were too large for float16 or for deterministic sums when the loss was scaled, so that no weight changed.</summary>
    public long? SkippedSteps { get; init; }
}

/// <summary>What one process of a distributed run did between two log lines.</summary>
/// <param name="Rank">Its number, from 0.</param>
/// <param name="TokensPerSecond">Tokens of its own rows for each second that it computed.</param>
/// <param name="WaitingShare">Share of the time that it waited for others or sent and received, 0..1.</param>
/// <param name="MemoryBytes">Memory it holds.</param>
public sealed record RankMeasure(int Rank, double TokensPerSecond, double WaitingShare, long MemoryBytes);

/// <summary>What the processes of a distributed run did since the last such event; comes after a <see cref="StepLogged"/>.</summary>
/// <param name="Step">Optimizer steps made so far.</param>
/// <param name="Ranks">One for each process, by rank.</param>
public sealed record RanksMeasured(long Step, IReadOnlyList<RankMeasure> Ranks) : RunEvent
{
    protected override string Kind => "ranks_measured";

    /// <summary>The share of their time that the processes waited, 0..1, in the mean.</summary>
    [JsonIgnore]
    public double WaitingShare => Ranks.Count == 0 ? 0 : Ranks.Average(rank => rank.WaitingShare);
}

/// <summary>The evaluation rows were scored, on the same noise at every evaluation.</summary>
/// <param name="Step">Optimizer steps made so far; 0 before the first.</param>
/// <param name="EvalLoss">The training objective on the evaluation rows.</param>
/// <param name="EvalNll">Upper bound on the negative log-likelihood, nats per token.</param>
/// <param name="EvalPerplexityBound">exp(<paramref name="EvalNll"/>).</param>
/// <param name="EvalMaskedAccuracy">Share of masked tokens guessed right, 0..1.</param>
/// <param name="Rows">Rows scored.</param>
/// <param name="Seconds">Wall time.</param>
public sealed record EvaluationFinished(
    long Step,
    double EvalLoss,
    double? EvalNll = null,
    double? EvalPerplexityBound = null,
    double? EvalMaskedAccuracy = null,
    long? Rows = null,
    double? Seconds = null) : RunEvent
{
    protected override string Kind => "evaluation_finished";

    public IReadOnlyList<NoiseLevelLoss>? LossByNoiseLevel { get; init; }
}

/// <summary>How the values of one trained weight are spread.</summary>
/// <param name="Name">The weight.</param>
/// <param name="Low">The least value; half less where all are the same.</param>
/// <param name="High">The greatest value; half more where all are the same.</param>
/// <param name="Sum">Of all values.</param>
/// <param name="SumOfSquares">Of all values.</param>
/// <param name="Counts">Values in each of as many spans of the same width between the two.</param>
public sealed record WeightHistogram(string Name, double Low, double High, double Sum, double SumOfSquares, IReadOnlyList<long> Counts);

/// <summary>The trained weights were looked at (setting <c>log_histograms</c>).</summary>
/// <param name="Step">Optimizer steps made so far.</param>
/// <param name="Weights">One histogram each.</param>
public sealed record WeightsSeen(long Step, IReadOnlyList<WeightHistogram> Weights) : RunEvent
{
    protected override string Kind => "weights_seen";
}

/// <summary>A prompt and what the model wrote for it.</summary>
/// <param name="Prompt">The prompt as the person wrote it.</param>
/// <param name="Output">What the model wrote.</param>
/// <param name="Target">The right answer, where one is known.</param>
/// <param name="Frames">The text after each denoising step, masked places included; null when not recorded.</param>
public sealed record DrawnSample(string Prompt, string Output, string? Target = null, IReadOnlyList<string>? Frames = null);

/// <summary>A few fixed prompts were denoised.</summary>
public sealed record SamplesDrawn(long Step, IReadOnlyList<DrawnSample> Samples) : RunEvent
{
    protected override string Kind => "samples_drawn";
}

/// <summary>
/// The task's own measure of the finished model. The metrics stand beside the other fields of the JSON object, e.g.
/// <c>{"v":1,...,"event":"final_evaluation","step":510,"phoneme_error_rate":0.13,"exact_words":0.52,"examples":[...]}</c>.
/// </summary>
public sealed record FinalEvaluation : RunEvent
{
    protected override string Kind => "final_evaluation";

    public required long Step { get; init; }

    /// <summary>Name of the measure, a value of the setting <c>final_evaluation</c>.</summary>
    public string? Measure { get; init; }

    /// <summary>Rows scored.</summary>
    public long? Rows { get; init; }

    public double? Seconds { get; init; }

    /// <summary>Some rows, with what was written for them.</summary>
    public IReadOnlyList<DrawnSample>? Examples { get; init; }

    /// <summary>Metric values by name, e.g. phoneme_error_rate and exact_words (both shares, 0..1).</summary>
    [JsonIgnore]
    public IReadOnlyDictionary<string, double> Metrics
    {
        get => Beside?.Where(pair => pair.Value.ValueKind == JsonValueKind.Number)
            .ToDictionary(pair => pair.Key, pair => pair.Value.GetDouble()) ?? [];
        init => Beside = value.ToDictionary(pair => pair.Key, pair => JsonSerializer.SerializeToElement(pair.Value, EventFormat.Options));
    }

    [JsonExtensionData, JsonInclude]
    internal Dictionary<string, JsonElement>? Beside { get; init; }
}
