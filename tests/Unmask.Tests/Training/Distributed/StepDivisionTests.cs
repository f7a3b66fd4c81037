using CsCheck;
using Unmask.Core.Parameters;
using Unmask.Engine.Data;
using Unmask.Engine.Training.Parallel;
using Xunit;

namespace Unmask.Tests.Training.Distributed;

public sealed class StepDivisionTests
{
    [Fact]
    public void Every_row_is_dealt_to_one_process_and_no_process_has_much_more_than_another() =>
        Gen.Select(Gen.Int[1, 100].Array[1, 40], Gen.Int[1, 9]).Sample((lengths, processes) =>
        {
            var shares = RowShares.Deal(lengths, processes);
            Assert.Equal(Enumerable.Range(0, lengths.Length), shares.SelectMany(share => share).Order());
            Assert.True(shares.Max(share => share.Length) - shares.Min(share => share.Length) <= 1);
            Assert.All(shares, share => Assert.Equal(share.Order(), share));
            if (lengths.Length % processes == 0) Assert.True(shares.Max(Tokens) - shares.Min(Tokens) <= 2 * lengths.Max());

            int Tokens(int[] share) => share.Sum(row => lengths[row]);
        });

    [Theory]
    [InlineData(1, AccumulationReduction.Mean, LossNormScope.Global)]
    [InlineData(3, AccumulationReduction.Mean, LossNormScope.Global)]
    [InlineData(2, AccumulationReduction.Mean, LossNormScope.Process)]
    [InlineData(4, AccumulationReduction.Sum, LossNormScope.Global)]
    public void The_parts_of_all_processes_are_the_step_whoever_is_there(int size, AccumulationReduction reduction, LossNormScope scope)
    {
        var parameters = new TrainParameters { BatchSize = 3, GradientAccumulationSteps = 2, NumProcesses = 2, AccumulationReduction = reduction, LossNormScope = scope };
        var division = new StepDivision(parameters);
        // 11 of 12 rows: the last step of an epoch.
        var batches = Enumerable.Range(0, 11).Chunk(division.RowsTogether ?? 12).Select(Batch).ToArray();
        var parts = Enumerable.Range(0, size).SelectMany(rank => division.PartsOf(batches, rank, size)).ToArray();
        Assert.Equal(Enumerable.Range(0, 11).Select(row => (long)row), parts.SelectMany(part => part.Rows.ExampleIndex).Order());
        Assert.All(parts, part => Assert.InRange(part.Rows.Rows, 1, 3));
        Assert.Equal(parts.Length, parts.Select(part => part.FirstRow).Distinct().Count());
        Assert.Equal(Enumerable.Range(0, size).Max(rank => division.PartsOf(batches, rank, size).Count), division.Rounds(batches, size));
    }

    /// <summary>Rows 0 to 2 and 6 to 8 belong to the first process, 3 to 5 and 9 to 10 to the second; row i has i + 1 tokens.</summary>
    [Theory]
    [InlineData(AccumulationReduction.Mean, LossNormScope.Global, 66, 66)]
    [InlineData(AccumulationReduction.Mean, LossNormScope.Process, 2 * (6 + 24), 2 * (15 + 21))]
    [InlineData(AccumulationReduction.Sum, LossNormScope.Global, 2 * 6, 2 * 15)]
    public void The_loss_is_divided_by_the_tokens_of_its_scope(AccumulationReduction reduction, LossNormScope scope, double ofFirst, double ofSecond)
    {
        var parameters = new TrainParameters { BatchSize = 3, GradientAccumulationSteps = 2, NumProcesses = 2, AccumulationReduction = reduction, LossNormScope = scope };
        var division = new StepDivision(parameters);
        var batches = Enumerable.Range(0, 11).Chunk(division.RowsTogether ?? 12).Select(Batch).ToArray();
        var weightOf = division.PartsOf(batches, 0, 1).SelectMany(part => part.Rows.ExampleIndex.Select(row => (row, Weight(part)))).ToDictionary(pair => pair.row, pair => pair.Item2);
        Assert.Equal(1 / ofFirst, weightOf[0], 1e-6);
        Assert.Equal(1 / ofSecond, weightOf[3], 1e-6);

        static double Weight(StepPart part)
        {
            var noised = new Engine.Objectives.Mdlm.Corruption(new Engine.Objectives.Mdlm.CorruptionOptions(), maskId: 0).Apply(part.Rows, [.. Enumerable.Repeat(1f, part.Rows.Rows)], [.. Enumerable.Repeat(0f, part.Rows.Rows * part.Rows.Width)]);
            return part.Norm.ScoredWeights(noised)[0] / noised.Weights[noised.ScoredPositions[0]];
        }
    }

    private static Batch Batch(int[] rows) => new Collator { PadId = 0, SupervisePadding = false }.Collate([.. rows.Select(row => new Example(row, [.. Enumerable.Repeat(5, row + 1)], 0))], rows[0]);
}
