using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Recipes;
using Xunit;

namespace Unmask.Tests.Parameters;

public sealed class SettingDifferenceTests
{
    [Fact]
    public void Only_settings_that_differ_are_told_each_with_both_values()
    {
        var before = new TrainParameters { Dataset = "rows.jsonl", BatchSize = 8 };

        var differing = SettingDifference.Between(before, before with { Dataset = null, BatchSize = 16 });

        Assert.Equal([("dataset", "rows.jsonl", ""), ("batch_size", "8", "16")], differing.Select(one => (one.Setting.Name, one.Before, one.After)));
        Assert.Empty(SettingDifference.Between(before, before with { }));
    }
}
