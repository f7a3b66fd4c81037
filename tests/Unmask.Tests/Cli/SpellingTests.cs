using Unmask.Cli.Shell;
using Xunit;

namespace Unmask.Tests.Cli;

public sealed class SpellingTests
{
    [Theory]
    [InlineData("train", "train", 0)]
    [InlineData("TRAIN", "train", 0)]
    [InlineData("tarin", "train", 1)]
    [InlineData("trai", "train", 1)]
    [InlineData("traain", "train", 1)]
    [InlineData("drain", "train", 1)]
    [InlineData("", "train", 5)]
    public void Distance_counts_edits(string from, string to, int edits) => Assert.Equal(edits, Spelling.Distance(from, to));

    [Fact]
    public void Nearest_gives_the_best_first_and_nothing_that_is_far_off()
    {
        string[] known = ["train", "tokenize", "doctor", "chat", "sample", "--train-set"];

        Assert.Equal(["train"], Spelling.Nearest("tarin", known));
        Assert.Equal(["tokenize"], Spelling.Nearest("tokenise", known));
        Assert.Equal(["tokenize"], Spelling.Nearest("tok", known));
        Assert.Empty(Spelling.Nearest("frobnicate", known));
    }
}
