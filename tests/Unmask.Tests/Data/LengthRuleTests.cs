using Unmask.Core.Parameters;
using Unmask.Engine.Data;
using Xunit;

namespace Unmask.Tests.Data;

public class LengthRuleTests
{
    [Theory]
    [InlineData(Truncation.Right, 8, 3, LengthOutcome.Kept, 8)]
    [InlineData(Truncation.Right, 9, 3, LengthOutcome.Truncated, 8)]
    [InlineData(Truncation.Right, 9, 7, LengthOutcome.Truncated, 8)]
    [InlineData(Truncation.Right, 9, 8, LengthOutcome.PromptFillsLimit, 0)]
    [InlineData(Truncation.Right, 12, 10, LengthOutcome.PromptFillsLimit, 0)]
    [InlineData(Truncation.Right, 5, 5, LengthOutcome.NothingToTrain, 0)]
    [InlineData(Truncation.Right, 0, 0, LengthOutcome.NothingToTrain, 0)]
    [InlineData(Truncation.Filter, 8, 3, LengthOutcome.Kept, 8)]
    [InlineData(Truncation.Filter, 9, 3, LengthOutcome.TooLong, 0)]
    [InlineData(Truncation.Filter, 4, 4, LengthOutcome.NothingToTrain, 0)]
    public void Rows_are_kept_cut_or_left_out(Truncation truncation, int length, int prompt, LengthOutcome expected, int expectedKept)
    {
        Assert.Equal(expected, new LengthRule(8, truncation).Judge(length, prompt, out var kept));
        Assert.Equal(expectedKept, kept);
    }

    [Fact]
    public void Long_streams_are_grouped_without_being_read_ahead()
    {
        var read = 0;
        IEnumerable<int[]> Documents()
        {
            while (true)
            {
                read++;
                yield return [1, 2, 3];
            }
        }

        var rows = new TokenGroups { RowLength = 4, EndId = 3 }.Cut(Documents()).Take(3).ToList();
        Assert.Equal([[1, 2, 3, 1], [2, 3, 1, 2], [3, 1, 2, 3]], rows);
        Assert.Equal(4, read);
    }
}
