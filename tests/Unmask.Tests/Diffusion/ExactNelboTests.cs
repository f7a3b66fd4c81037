using Unmask.Core.Parameters;
using Unmask.Engine.Data;
using Unmask.Engine.Objectives.Losses;
using Unmask.Engine.Objectives.Mdlm;
using Xunit;

namespace Unmask.Tests.Diffusion;

/// <summary>
/// With the true conditional as denoiser the loss equals the entropy of the data, for every schedule and every way of drawing
/// masks. So data whose entropy is known checks the whole of corruption, weights and normalization, from both sides.
/// </summary>
public sealed class ExactNelboTests
{
    private const int Rows = 16;
    private const int Batches = 2500;

    public static TheoryData<TimeSampling, MaskSampling, string> Ways() => CorruptionTests.Ways();

    [Theory]
    [MemberData(nameof(Ways))]
    public void The_loss_of_a_Markov_chain_is_its_entropy(TimeSampling time, MaskSampling mask, string schedule)
    {
        var (mean, error, _) = Estimate(new MarkovChain(), Options(time, mask, schedule), Batches);
        Assert.True(error < 0.006, $"standard error {error}");
        AssertWithin(MarkovChain.EntropyPerToken, mean, 4 * error);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void The_loss_of_independent_tokens_is_their_entropy(TimeSampling time, MaskSampling mask, string schedule)
    {
        var (mean, error, _) = Estimate(new IndependentTokens(), Options(time, mask, schedule), Batches);
        Assert.True(error < 0.012, $"standard error {error}");
        AssertWithin(IndependentTokens.EntropyPerToken, mean, 4 * error);
    }

    [Fact]
    public void The_plain_mean_over_masked_tokens_is_not()
    {
        var (_, _, plain) = Estimate(new MarkovChain(), Options(TimeSampling.Independent, MaskSampling.Bernoulli, "linear"), Batches);
        Assert.True(plain > MarkovChain.EntropyPerToken * 1.08, $"plain mean {plain}, entropy {MarkovChain.EntropyPerToken}");
    }

    [Fact]
    public void The_evaluation_noise_is_unbiased_whatever_the_training_noise()
    {
        foreach (var schedule in NoiseSchedule.All)
        {
            var options = new CorruptionOptions { Schedule = schedule };
            var (mean, error, _) = Estimate(new MarkovChain(), options, Batches, evaluation: true);
            AssertWithin(MarkovChain.EntropyPerToken, mean, 4 * error);
        }
    }

    [Fact]
    public void Low_discrepancy_fixed_counts_have_less_than_half_the_variance()
    {
        var recipe = Estimate(new MarkovChain(), Options(TimeSampling.Independent, MaskSampling.Bernoulli, "linear"), Batches);
        var quiet = Estimate(new MarkovChain(), Options(TimeSampling.Stratified, MaskSampling.FixedCount, "linear"), Batches);
        var gain = recipe.StandardError * recipe.StandardError / (quiet.StandardError * quiet.StandardError);
        Assert.True(gain > 2, $"variance gain {gain}");
    }

    private static (double Mean, double StandardError, double PlainMaskedMean) Estimate(
        ITestLanguage language, CorruptionOptions options, int batches, bool evaluation = false)
    {
        var corruption = new Corruption(options, maskId: -1);
        var random = new Random(20);
        double sum = 0, squares = 0, plain = 0;
        long scored = 0;
        for (var i = 0; i < batches; i++)
        {
            var batch = language.Draw(random, firstExample: (long)i * Rows);
            var noised = evaluation ? corruption.ApplyForEvaluation(batch, 9) : corruption.Apply(batch, 9, epoch: 0);
            var nll = new float[noised.ScoredPositions.Length];
            for (var s = 0; s < nll.Length; s++) nll[s] = (float)language.Nll(noised, noised.ScoredPositions[s]);
            var loss = LossResult.Of(noised, Normalizer.Of([batch], LossNorm.Token).ScoredWeights(noised), nll, new bool[nll.Length]).Loss;
            sum += loss;
            squares += loss * loss;
            plain += nll.Sum(value => (double)value);
            scored += nll.Length;
        }

        var mean = sum / batches;
        return (mean, Math.Sqrt((squares / batches - mean * mean) / batches), plain / scored);
    }

    private static CorruptionOptions Options(TimeSampling time, MaskSampling mask, string schedule) =>
        new() { TimeSampling = time, MaskSampling = mask, Schedule = NoiseSchedule.Named(schedule) };

    private static void AssertWithin(double expected, double actual, double tolerance) =>
        Assert.True(Math.Abs(actual - expected) <= tolerance, $"expected {expected} within {tolerance}, got {actual}");

    private interface ITestLanguage
    {
        Batch Draw(Random random, long firstExample);

        /// <summary>-log of the true probability of the clean token at a masked position, given what is visible.</summary>
        double Nll(NoisedBatch noised, int position);
    }

    private static Batch BatchOf(int[][] rows, long firstExample, int prompt) => DiffusionBatches.Of(
        rows, [.. Enumerable.Range(0, Rows).Select(i => firstExample + i)], prompt, extraWidth: 0, firstOrder: firstExample);

    /// <summary>Independent tokens of a skewed law; answers of 1 to 24 tokens behind a prompt of 2.</summary>
    private sealed class IndependentTokens : ITestLanguage
    {
        private static readonly double[] Law = [0.5, 0.25, 0.15, 0.07, 0.03];

        public static double EntropyPerToken => -Law.Sum(p => p * Math.Log(p));

        public Batch Draw(Random random, long firstExample) => BatchOf(
            [.. Enumerable.Range(0, Rows).Select(row => Enumerable.Range(0, 3 + (row * 7 % 24)).Select(_ => Pick(random, Law)).ToArray())],
            firstExample,
            prompt: 2);

        public double Nll(NoisedBatch noised, int position) => -Math.Log(Law[noised.Clean.Ids[position]]);
    }

    /// <summary>A stationary cyclic chain of 4 states: the next one is 0, 1, 2 or 3 steps on with probability 0.7, 0.2, 0.05, 0.05.</summary>
    private sealed class MarkovChain : ITestLanguage
    {
        private const int States = 4;
        private const int Length = 32;
        private static readonly double[] Step = [0.70, 0.20, 0.05, 0.05];

        // Powers[n][d]: probability of being d steps on after n transitions.
        private static readonly double[][] Powers = Power();

        public static double EntropyPerToken => (Math.Log(States) + (Length - 1) * -Step.Sum(p => p * Math.Log(p))) / Length;

        public Batch Draw(Random random, long firstExample) => BatchOf([.. Enumerable.Range(0, Rows).Select(_ => Row(random))], firstExample, prompt: 0);

        public double Nll(NoisedBatch noised, int position)
        {
            var start = position / Length * Length;
            int left = position - 1, right = position + 1;
            while (left >= start && noised.Masked[left]) left--;
            while (right < start + Length && noised.Masked[right]) right++;
            double total = 0, own = 0;
            for (var state = 0; state < States; state++)
            {
                var weight = left < start ? 1.0 / States : Powers[position - left][(state - noised.Clean.Ids[left] + States) % States];
                if (right < start + Length) weight *= Powers[right - position][(noised.Clean.Ids[right] - state + States) % States];
                total += weight;
                if (state == noised.Clean.Ids[position]) own = weight;
            }

            return -Math.Log(own / total);
        }

        private static int[] Row(Random random)
        {
            var row = new int[Length];
            row[0] = random.Next(States);
            for (var i = 1; i < Length; i++) row[i] = (row[i - 1] + Pick(random, Step)) % States;
            return row;
        }

        private static double[][] Power()
        {
            var powers = new double[Length][];
            powers[0] = [1, 0, 0, 0];
            for (var n = 1; n < Length; n++)
            {
                powers[n] = new double[States];
                for (var d = 0; d < States; d++)
                {
                    for (var s = 0; s < States; s++) powers[n][d] += powers[n - 1][(d - s + States) % States] * Step[s];
                }
            }

            return powers;
        }
    }

    private static int Pick(Random random, double[] law)
    {
        var u = random.NextDouble();
        for (var i = 0; i < law.Length; i++)
        {
            u -= law[i];
            if (u < 0) return i;
        }

        return law.Length - 1;
    }
}
