using Unmask.Core.Hub.Caching;
using Unmask.Core.Models;
using Unmask.Core.Workspaces;
using Xunit;

namespace Unmask.Tests.Web;

/// <summary>Models whose folders cannot be read are shown with why, and hide none of the others.</summary>
public sealed class DamagedModelTests : IDisposable
{
    private const string Good = """{"architectures":["BertForMaskedLM"]}""";

    private readonly TemporaryFolder folder = new();
    private readonly Workspace workspace;

    public DamagedModelTests()
    {
        workspace = Workspace.Open(folder["home"], [folder["runs"]]);
        folder.Write("home/models/good/config.json", Good);
    }

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"a\":\"\\ud800\"}")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")]
    public void A_config_that_cannot_be_read_is_told(string config)
    {
        folder.Write("home/models/bad/config.json", config);
        Directory.CreateDirectory(folder["home/models/worse/config.json"]);
        var all = Store.All.ToDictionary(model => model.Name);
        Assert.Equal(["bad", "good", "worse"], all.Keys.Order());
        Assert.Contains("config.json", all["bad"].Problem, StringComparison.Ordinal);
        Assert.Contains("config.json", all["worse"].Problem, StringComparison.Ordinal);
        Assert.Equal(("bert", null), (all["good"].Family, all["good"].Problem));
        Store.Delete(all["bad"].Id, []);
        Assert.Equal(2, Store.All.Count);
    }

    [Fact]
    public void Odd_values_beside_a_good_model_hide_it_not()
    {
        folder.Write("home/models/doubled/config.json", """{"architectures":["A"],"architectures":["BertForMaskedLM"],"x":{"y":1,"y":2}}""");
        folder.Write("home/models/number/config.json", """{"architectures":[1]}""");
        folder.Write("home/models/adapter/adapter_config.json", """{"base_model_name_or_path":{"a":1}}""");
        folder.Write("home/models/nul/adapter_config.json", """{"base_model_name_or_path":"a\u0000b"}""");
        folder.Write("home/models/lineage/config.json", Good);
        folder.Write("home/models/lineage/lineage.json", """{"kind":null,"metrics":{"a":null}}""");
        folder.Write("home/models/lineage/origin.json", """{"way":"imported","name":"x"}""");
        File.CreateSymbolicLink(folder["home/models/good/self"], folder["home/models/good/self"]);
        Directory.CreateSymbolicLink(folder["home/models/loop"], folder["home/models"]);
        var all = Store.All;
        Assert.All(all, model => Assert.Null(model.Problem));
        Assert.Equal(1, all.Count(model => model.Path.EndsWith("/doubled", StringComparison.Ordinal) && model.Family == "bert" && !model.Path.Contains("loop", StringComparison.Ordinal)));
    }

    [Fact]
    public void Places_for_new_models_are_given_once_and_swept_when_nothing_came()
    {
        var store = Store;
        string[] places = [.. Enumerable.Range(0, 4).Select(_ => store.NewPlace("good"))];
        Assert.Equal(4, places.Distinct().Count());
        Directory.Delete(places[0]);
        Assert.DoesNotContain(store.NewPlace("good"), places);
        store.LetGo(places[1]);
        Assert.False(Directory.Exists(places[1]));
        var cut = $"cut.partial-{new string('0', 32)}";
        folder.Write($"home/models/{cut}/config.json", "{");
        File.SetLastWriteTimeUtc(folder[$"home/models/{cut}/config.json"], DateTime.UtcNow.AddHours(-2));
        Directory.SetLastWriteTimeUtc(folder["home/models/" + cut], DateTime.UtcNow.AddHours(-2));
        var coming = $"coming.partial-{new string('1', 32)}";
        folder.Write($"home/models/{coming}/config.json", "{");
        folder.Write("home/models/my.partial-results/notes.txt", "a");
        Directory.CreateSymbolicLink(folder["home/models/linked"], Directory.CreateDirectory(folder["empty"]).FullName);
        folder.Write("home/datasets/.tmp-rows/half.csv", "a");
        folder.Write("home/templates/.tmp-one.yaml-12345678", "a");
        folder.Write("home/chats/.tmp-one.json-12345678", "a");
        folder.Write("home/outbox/.tmp-1-a.json-12345678", "a");
        folder.Write("home/.tmp-queue.json-12345678", "a");
        Assert.Null(workspace.Sweep());
        Assert.Equal([coming, "good", "linked", "my.partial-results"], Directory.GetFileSystemEntries(workspace.ModelsPath).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Empty(Directory.GetFiles(folder["home"], ".tmp-*", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_folder_of_the_cache_of_the_Hub_that_cannot_be_read_hides_no_other()
    {
        folder.Write("cache/models--a--good/snapshots/0123/config.json", Good);
        folder.Write("cache/models--a--good/refs/main", "0123");
        folder.Write("cache/models--a--good/refs/odd", "\0\0");
        Directory.CreateSymbolicLink(folder["cache/models--a--good/snapshots/0123/loop"], folder["cache"]);
        File.CreateSymbolicLink(folder["cache/models--a--good/snapshots/0123/self"], folder["cache/models--a--good/snapshots/0123/self"]);
        folder.Write("cache/models--a--bad/snapshots/0123/config.json", "{");
        Directory.CreateSymbolicLink(folder["cache/models--a--loop"], folder["cache/models--a--loop"]);
        var cache = new HubCache(folder["cache"]);
        Assert.Contains(CachedRepository.In(cache), found => found is { Name: "a/good", Problem: null });
        var all = new ModelStore(workspace, () => cache).All;
        Assert.Contains(all, model => model is { Name: "a/good", Problem: null });
        Assert.Contains(all, model => model is { Name: "a/bad", Problem: not null });
    }

    private ModelStore Store => new(workspace);
}
