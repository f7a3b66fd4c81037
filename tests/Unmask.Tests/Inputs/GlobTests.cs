using Unmask.Core.Inputs;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Inputs;

public sealed class GlobTests
{
    [Theory]
    [InlineData("*.jsonl", "a.jsonl", true)]
    [InlineData("*.jsonl", "x/a.jsonl", false)]
    [InlineData("**/*.jsonl", "a.jsonl", true)]
    [InlineData("**/*.jsonl", "x/y/a.jsonl", true)]
    [InlineData("./data/train-*", "data/train-0/deep.csv", true)]
    [InlineData("data", "data/a.csv", true)]
    [InlineData("data", "database/a.csv", false)]
    [InlineData("t[re]st.csv", "test.csv", true)]
    [InlineData("t[!re]st.csv", "tast.csv", true)]
    [InlineData("a[!b]c", "a/c", false)]
    [InlineData("a.csv", "abcsv", false)]
    public void Paths_are_matched_as_dataset_cards_mean_them(string pattern, string path, bool matches) =>
        Assert.Equal(matches, Glob.OfPaths(pattern).IsMatch(path));

    [Theory]
    [InlineData("*.jsonl", "x/a.jsonl", true)]
    [InlineData("x/", "x/y/a", true)]
    [InlineData("[0-9].bin", "7.bin", true)]
    [InlineData("[!0-9].bin", "7.bin", false)]
    [InlineData("[9-0]", "5", false)]
    [InlineData("[]]", "]", true)]
    [InlineData("[!]]", "a", true)]
    [InlineData("[", "[", true)]
    [InlineData("a[^b]", "a^", true)]
    [InlineData("[a\\]", "\\", true)]
    public void Names_are_matched_as_fnmatch_matches_them(string pattern, string name, bool matches) =>
        Assert.Equal(matches, Glob.OfNames(pattern).IsMatch(name));

    [Fact(Timeout = 10_000)]
    public async Task No_pattern_runs_away()
    {
        await Task.Run(() =>
        {
            string stars = string.Concat(Enumerable.Repeat("*a", 40)) + "*b.jsonl";
            Assert.DoesNotMatch(Glob.OfPaths(stars), new string('a', 5000));
            Assert.DoesNotMatch(Glob.OfNames(stars), new string('a', 5000));
            Assert.DoesNotMatch(Glob.OfPaths(string.Concat(Enumerable.Repeat("**/", 300)) + "b"), string.Concat(Enumerable.Repeat("a/", 500)));
            Assert.Throws<UserError>(() => Glob.OfNames(new string('*', 5000)));
        }, TestContext.Current.CancellationToken);
    }
}
