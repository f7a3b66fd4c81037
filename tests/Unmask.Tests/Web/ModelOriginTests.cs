using Unmask.Core.Models;
using Unmask.Core.Workspaces;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Web;

public sealed class ModelOriginTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly ModelStore store;

    public ModelOriginTests() => store = new ModelStore(Workspace.Open(folder.Path));

    [Fact]
    public void A_model_tells_what_it_was_made_of()
    {
        Make("base", "config.json", """{"architectures": ["BertForMaskedLM"]}""");
        Make("lora", "adapter_config.json", $$"""{"base_model_name_or_path": "{{PathOf("base")}}"}""");
        Make("one", "config.json", """{"architectures": ["BertForMaskedLM"]}""");
        new ModelOrigin(ModelWay.Merged, "One of two", "lora", PathOf("lora"), DateTimeOffset.UnixEpoch).Write(PathOf("one"));

        var one = store.Find("one")!;

        Assert.Equal(("One of two", "fused", "lora", "lora", DateTimeOffset.UnixEpoch), (one.Name, one.Kind, one.Base, one.BaseId, one.Written));
        Assert.Equal("base", store.Find("lora")!.BaseId);
        Assert.Null(store.Find("base")!.Way);
    }

    [Fact]
    public void A_damaged_origin_and_one_of_a_later_version_tell_nothing()
    {
        Make("a", "config.json", "{}");
        File.WriteAllText(Path.Combine(PathOf("a"), ModelOrigin.FileName), "{");
        Assert.Null(store.Find("a")!.Way);
        File.WriteAllText(Path.Combine(PathOf("a"), ModelOrigin.FileName), """{"way":"imported","name":"x","from":"y","from_path":"z","made":"2026-01-31T12:00:00Z","v":9}""");
        Assert.Null(store.Find("a")!.Way);
    }

    [Fact]
    public void A_model_that_is_being_written_is_not_there_yet()
    {
        Make("new.partial-0123456789abcdef0123456789abcdef", "config.json", "{}");
        Assert.Empty(store.All);
    }

    [Theory]
    [InlineData(ModelWay.Imported, "/models/from", "/models/from")]
    [InlineData(ModelWay.Imported, "from", null)]
    [InlineData(ModelWay.Imported, "/models\0/from", null)]
    [InlineData(ModelWay.Merged, "/models/from", null)]
    public void Only_an_imported_model_has_weights_elsewhere(ModelWay way, string from, string? linked)
    {
        Make("one", "config.json", "{}");
        Assert.Null(ModelOrigin.LinkedFrom(PathOf("one")));
        new ModelOrigin(way, "One", from, from, DateTimeOffset.UnixEpoch).Write(PathOf("one"));
        Assert.Equal(linked, ModelOrigin.LinkedFrom(PathOf("one")));
    }

    [Fact]
    public void A_link_is_as_large_as_what_it_leads_to()
    {
        Make("here", "config.json", "{}");
        File.WriteAllText(folder["weights"], new string('w', 1000));
        File.CreateSymbolicLink(Path.Combine(PathOf("here"), "model.safetensors"), folder["weights"]);
        Assert.Equal(1002, store.Find("here")!.Bytes);

        File.Delete(folder["weights"]);
        Assert.Equal(2, store.Find("here")!.Bytes);
    }

    [Fact]
    public void What_is_used_or_came_out_of_a_run_stays()
    {
        Make("used", "config.json", "{}");
        Directory.CreateDirectory(Path.Combine(folder.Path, "runs", "first", "outputs"));
        File.WriteAllText(Path.Combine(folder.Path, "runs", "first", "outputs", "config.json"), "{}");
        var ofRun = store.All.Single(model => model.Run == "first").Id;

        Assert.Contains("used by the run Second", Assert.Throws<UserError>(() => store.Delete("used", ["the run Second"])).Message);
        Assert.Contains("is an output of the run first", Assert.Throws<UserError>(() => store.Delete(ofRun, [])).Message);
        store.Delete("used", []);

        Assert.Equal(ofRun, Assert.Single(store.All).Id);
        Assert.Throws<UserError>(() => store.Delete("used", []));
    }

    public void Dispose() => folder.Dispose();

    private string PathOf(string name) => Path.Combine(folder.Path, "models", name);

    private void Make(string name, string file, string content)
    {
        Directory.CreateDirectory(PathOf(name));
        File.WriteAllText(Path.Combine(PathOf(name), file), content);
    }
}
