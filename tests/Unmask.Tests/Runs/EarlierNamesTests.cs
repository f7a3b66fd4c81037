using System.Text.Json;
using Unmask.Core.Chats;
using Unmask.Core.Events;
using Unmask.Core.Parameters;
using Unmask.Core.Runs;
using Xunit;

namespace Unmask.Tests.Runs;

/// <summary>Files and recipes of earlier versions, which had other names for the same things.</summary>
public sealed class EarlierNamesTests
{
    [Fact]
    public void An_adapter_is_found_under_its_earlier_spelling()
    {
        Assert.Equal("first", Read<LineageBase>("""{"name":"m","path":"p","sha256":"s","adaptor":"first","run":"r"}""").Adapter);
        Assert.Equal("id", Read<ChatParty>("""{"model":"m","name":"n","adaptor":"id"}""").Adapter);
        Assert.Equal("now", Read<ChatParty>("""{"model":"m","name":"n","adapter":"now"}""").Adapter);
        Assert.DoesNotContain("adaptor", JsonSerializer.Serialize(new ChatParty("m", "n", "id"), EventFormat.Options), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("adaptor", "adapter")]
    [InlineData("fused", "fused")]
    public void The_kind_of_an_output_is_read_in_both_spellings(string written, string kind)
    {
        var data = new LineageData([], "", 0, "", 0, null);
        var lineage = new Lineage
        {
            Kind = written,
            Name = "n",
            Architecture = "a",
            Data = data,
            Run = "r",
            Settings = new Dictionary<string, object?>(),
            Seed = 1,
            Versions = new Dictionary<string, string>(),
            Machine = new Dictionary<string, string>(),
            Started = default,
            Finished = default,
            Steps = 1,
            TrainingSeconds = 1,
            Metrics = new Dictionary<string, double>(),
        };
        Assert.Equal(kind, lineage.Kind);
    }

    [Fact]
    public void A_phase_is_read_in_both_spellings() => Assert.Equal(Phases.Tokenizing, new PhaseChanged("tokenising").Phase);

    [Fact]
    public void A_setting_is_found_under_its_earlier_name() => Assert.Equal("fuse_adapter", ParameterCatalog.Find("fuse_adaptor")?.Name);

    private static T Read<T>(string json) => JsonSerializer.Deserialize<T>(json, EventFormat.Options)!;
}
