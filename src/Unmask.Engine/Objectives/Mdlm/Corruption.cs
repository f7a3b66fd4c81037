using Unmask.Core.Parameters;
using Unmask.Engine.Data;
using Unmask.Engine.Objectives.Losses;
using Unmask.Engine.Tensors;

namespace Unmask.Engine.Objectives.Mdlm;

/// <summary>
/// The forward process of masked diffusion. Pure: the result depends on the batch's contents, the options, and for drawn noise on
/// (seed, epoch, example, position) alone, never on how rows were put into batches.
/// </summary>
public sealed class Corruption(CorruptionOptions options, int maskId)
{
    // The evaluation's own epoch: noise that no training epoch shares and that stays the same from one evaluation to the next.
    private const int EvaluationEpoch = -1;

    public CorruptionOptions Options { get; } = options;

    public int MaskId { get; } = maskId;

    /// <summary>Noise for training, that of dropout included.</summary>
    public NoisedBatch Apply(Batch batch, long seed, int epoch)
    {
        var time = new NoiseKey(seed, Options.MaskSampling == MaskSampling.FixedCount ? NoiseStream.Count : NoiseStream.Time);
        var mask = new NoiseKey(seed, NoiseStream.Mask);
        return Draw(batch, Options, time, mask, epoch).WithDropout(seed, epoch);
    }

    /// <summary>
    /// Noise for evaluation: the same at every call, and with the least variance that is unbiased (stratified fixed counts), whatever
    /// the training uses. So evaluation losses of different steps and of different training noise can be compared.
    /// </summary>
    public NoisedBatch ApplyForEvaluation(Batch batch, long seed)
    {
        var quiet = Options with { TimeSampling = TimeSampling.Stratified, MaskSampling = MaskSampling.FixedCount };
        return Draw(batch, quiet, new NoiseKey(seed, NoiseStream.EvaluationCount), new NoiseKey(seed, NoiseStream.EvaluationMask), EvaluationEpoch);
    }

    /// <summary>Noise for training as <see cref="Apply(Batch, long, int)"/> draws it for rows whose time is <paramref name="time"/>: the same random numbers decide which tokens are masked.</summary>
    /// <param name="batch">Rows with their places in the dataset.</param>
    /// <param name="time">From 0 to 1; with fixed counts the point from which the count is taken.</param>
    public NoisedBatch ApplyAt(Batch batch, double time, long seed, int epoch)
    {
        var mask = new NoiseKey(seed, NoiseStream.Mask);
        var times = new float[batch.Rows];
        var rowWeights = new float[batch.Rows];
        var masked = new bool[batch.Rows * batch.Width];
        var uniforms = new float[batch.Width];
        for (var row = 0; row < batch.Rows; row++)
        {
            mask.Uniforms(epoch, batch.ExampleIndex[row], uniforms);
            (times[row], rowWeights[row]) = Options.MaskSampling == MaskSampling.FixedCount
                ? MaskCount(batch, row, time, uniforms, masked)
                : MaskAt(batch, row, (float)time, uniforms, masked);
        }

        return Assemble(batch, times, masked, rowWeights);
    }

    /// <summary>Noise given from outside: times [B], and uniforms [B*L] that are compared with each row's masking probability.</summary>
    public NoisedBatch Apply(Batch batch, ReadOnlySpan<float> times, ReadOnlySpan<float> uniforms)
    {
        RequireLength(times.Length, batch.Rows, "times");
        RequireLength(uniforms.Length, batch.Rows * batch.Width, "uniforms");
        var masked = new bool[batch.Rows * batch.Width];
        for (var row = 0; row < batch.Rows; row++)
        {
            MaskBernoulli(batch, row, times[row], uniforms.Slice(row * batch.Width, batch.Width), masked);
        }

        return Apply(batch, times, masked);
    }

    /// <summary>Masked positions [B*L] given from outside, with the times [B] that the weights come from.</summary>
    public NoisedBatch Apply(Batch batch, ReadOnlySpan<float> times, bool[] masked)
    {
        RequireLength(times.Length, batch.Rows, "times");
        RequireLength(masked.Length, batch.Rows * batch.Width, "masked");
        var rowWeights = new float[batch.Rows];
        for (var row = 0; row < batch.Rows; row++) rowWeights[row] = TimeWeight(times[row]);
        return Assemble(batch, times.ToArray(), masked, rowWeights);
    }

    private NoisedBatch Draw(Batch batch, CorruptionOptions how, NoiseKey time, NoiseKey mask, int epoch)
    {
        var times = new float[batch.Rows];
        var rowWeights = new float[batch.Rows];
        var masked = new bool[batch.Rows * batch.Width];
        var uniforms = new float[batch.Width];
        for (var row = 0; row < batch.Rows; row++)
        {
            var example = batch.ExampleIndex[row];
            var point = how.TimeSampling == TimeSampling.Stratified
                ? time.LowDiscrepancy(epoch, batch.OrderIndex[row])
                : time.UniformDouble(epoch, example, 0);
            mask.Uniforms(epoch, example, uniforms);
            // A double just below 1 can round up to 1 in float; time 1 itself is a valid time.
            (times[row], rowWeights[row]) = how.MaskSampling == MaskSampling.FixedCount
                ? MaskCount(batch, row, point, uniforms, masked)
                : MaskAt(batch, row, MathF.Min(1f, (float)how.TimeEpsilon + (float)(1 - how.TimeEpsilon) * (float)point), uniforms, masked);
        }

        return Assemble(batch, times, masked, rowWeights);
    }

    private (float Time, float Weight) MaskAt(Batch batch, int row, float time, ReadOnlySpan<float> uniforms, bool[] masked)
    {
        MaskBernoulli(batch, row, time, uniforms, masked);
        return (time, TimeWeight(time));
    }

    private float TimeWeight(float time) => Options.LossWeight == LossWeight.Scheduler ? Options.Schedule.Weight(time) : 1f;

    private void MaskBernoulli(Batch batch, int row, float time, ReadOnlySpan<float> uniforms, bool[] masked)
    {
        var probability = 1f - Options.Schedule.Alpha(time);
        var start = row * batch.Width;
        for (var j = 0; j < batch.Width; j++)
        {
            masked[start + j] = uniforms[j] < probability && batch.Labels[start + j] != Batch.IgnoredLabel;
        }
    }

    /// <summary>
    /// Masks k of the row's n maskable tokens. k is drawn as the number that time <paramref name="point"/> stands for:
    /// P(k) = t(k/n) - t((k-1)/n), t the inverse of 1 - alpha. The bound is the sum over k of (1/k) E[cross-entropy of k masked
    /// tokens], so the weight 1 / (k P(k)) is unbiased for every schedule; for the linear one k is uniform and the weight n/k.
    /// </summary>
    private (float Time, float Weight) MaskCount(Batch batch, int row, double point, ReadOnlySpan<float> uniforms, bool[] masked)
    {
        var start = row * batch.Width;
        // The uniform (24 bits) above, the position below: sorting these orders by uniform, equal ones by position.
        var keys = new List<long>(batch.Width);
        for (var j = 0; j < batch.Width; j++)
        {
            if (batch.Labels[start + j] != Batch.IgnoredLabel) keys.Add(((long)(uniforms[j] * (1 << 24)) << 32) | (uint)j);
        }

        var n = keys.Count;
        if (n == 0) return ((float)point, 0f);
        var count = Math.Clamp((int)Math.Floor(n * Options.Schedule.MaskedShare(point)) + 1, 1, n);
        keys.Sort();
        for (var i = 0; i < count; i++) masked[start + (int)(uint)keys[i]] = true;

        var time = Options.Schedule.TimeOfMaskedShare((double)count / n);
        var before = Options.Schedule.TimeOfMaskedShare((double)(count - 1) / n);
        var weight = Options.LossWeight == LossWeight.Scheduler ? (float)(1 / (count * (time - before))) : 1f;
        return ((float)time, weight);
    }

    private NoisedBatch Assemble(Batch batch, float[] times, bool[] masked, float[] rowWeights)
    {
        var noised = (int[])batch.Ids.Clone();
        var weights = new float[masked.Length];
        var scored = new List<int>();
        for (var i = 0; i < masked.Length; i++)
        {
            weights[i] = rowWeights[i / batch.Width];
            if (!masked[i]) continue;
            noised[i] = MaskId;
            scored.Add(i);
        }

        if (Options.LossWeight == LossWeight.Cart)
        {
            for (var at = 0; at < masked.Length; at += batch.Width) Options.Cart.Fill(masked.AsSpan(at, batch.Width), weights.AsSpan(at, batch.Width));
        }

        return new NoisedBatch
        {
            Clean = batch,
            NoisedIds = noised,
            Times = times,
            Masked = masked,
            Weights = weights,
            ShiftsLogits = Options.ShiftsLogits,
            ScoredPositions = [.. scored],
        };
    }

    private static void RequireLength(int length, int needed, string what)
    {
        if (length != needed) throw new ArgumentException($"{what} has {length} values; the batch needs {needed}.");
    }
}
