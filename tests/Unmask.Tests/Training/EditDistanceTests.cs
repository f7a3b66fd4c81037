using Unmask.Engine.Training.Evaluation;
using Xunit;

namespace Unmask.Tests.Training;

public sealed class EditDistanceTests
{
    [Theory]
    [InlineData("", "", 0)]
    [InlineData("M IH M", "", 3)]
    [InlineData("M IH M", "M AH M", 1)]
    [InlineData("M IH M OW", "IH M OW", 1)]
    [InlineData("K IH T AH N", "S IH T IH NG", 3)]
    public void Counts_edits(string a, string b, int distance) =>
        Assert.Equal(distance, EditDistance.Between<string>(a.Split(' ', StringSplitOptions.RemoveEmptyEntries), b.Split(' ', StringSplitOptions.RemoveEmptyEntries)));

    [Fact]
    public void Scores_over_all_answers()
    {
        var (rate, exact) = EditDistance.Score([("A B C", "A B C"), ("A", "A B"), (" D ", "D")]);
        Assert.Equal(1 / 6.0, rate, 12);
        Assert.Equal(2 / 3.0, exact, 12);
    }
}
