using Unmask.Engine.Objectives.Mdlm;

namespace Unmask.Engine.Generation.Decoding;

/// <summary>
/// How many masked tokens each denoising step reveals: at step j of S the share 1 - p of what is still masked, p the schedule's
/// probability that a token masked at t = (S-j)/S is still masked at s = (S-j-1)/S.
/// </summary>
public static class TransferSchedule
{
    /// <summary>
    /// Tokens revealed at each step. Steps that would reveal nothing are left out: the network does not see the time, so they
    /// would change nothing. The counts sum to <paramref name="masked"/>.
    /// </summary>
    /// <param name="masked">Masked tokens at the start.</param>
    /// <param name="steps">Steps at most, at least 1.</param>
    /// <param name="schedule">The noise schedule.</param>
    /// <param name="uniform">
    /// When given, counts are binomial: the function gives the uniform number in [0, 1) of (step, token). Else counts are the
    /// expectation, rounded half to even as in the original.
    /// </param>
    public static int[] Counts(int masked, int steps, NoiseSchedule schedule, Func<int, int, double>? uniform = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(masked);
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        var counts = new List<int>();
        var left = masked;
        for (var step = 0; step < steps && left > 0; step++)
        {
            var t = (double)(steps - step) / steps;
            var s = (double)(steps - step - 1) / steps;
            // The probability is a float32 of the original, its complement a double; the rounding below depends on it.
            var revealed = 1.0 - schedule.ReverseMaskProbability((float)s, (float)t);
            var count = uniform is null ? (int)Math.Round(left * revealed, MidpointRounding.ToEven) : Binomial(left, revealed, step, uniform);
            count = Math.Min(count, left);
            left -= count;
            if (count > 0) counts.Add(count);
        }

        return [.. counts];
    }

    /// <summary>
    /// Tokens revealed at each step where every masked token is revealed by chance: from time t to s with probability 1 - s/t, times even from 1 to
    /// <paramref name="lastTime"/>, at the last step all that is left. Source: the sampler of Dream's authors ("origin").
    /// </summary>
    /// <param name="masked">Masked tokens at the start.</param>
    /// <param name="steps">Steps at most, at least 1.</param>
    /// <param name="lastTime">In (0, 1).</param>
    /// <param name="uniform">Gives the uniform number in [0, 1) of (step, token).</param>
    public static int[] OriginCounts(int masked, int steps, double lastTime, Func<int, int, double> uniform)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(masked);
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        var counts = new List<int>();
        for (var (step, left) = (0, masked); step < steps && left > 0; step++)
        {
            double Time(int at) => 1 - (1 - lastTime) * at / steps;
            var count = step == steps - 1 ? left : Binomial(left, 1 - Time(step + 1) / Time(step), step, uniform);
            left -= count;
            if (count > 0) counts.Add(count);
        }

        return [.. counts];
    }

    private static int Binomial(int trials, double probability, int step, Func<int, int, double> uniform)
    {
        var hits = 0;
        for (var trial = 0; trial < trials; trial++)
        {
            if (uniform(step, trial) < probability) hits++;
        }

        return hits;
    }
}
