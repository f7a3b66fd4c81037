using Unmask.Core.Models;
using Unmask.Core.Parameters;
using Unmask.Core.Protocol;
using Unmask.Core.Protocol.Client;
using Unmask.Core.Workspaces;
using Unmask.Primitives;
using Unmask.Web.Library;
using Xunit;

namespace Unmask.EndToEnd.Service;

/// <summary>Operations on models and adapters, asked of a real engine.</summary>
public sealed class ModelOperationTests : IAsyncDisposable
{
    private static readonly string Fixtures = Path.Combine(Executable.Repository, "tests", "fixtures", "data");

    private readonly Workplace place = new();
    private readonly EngineProcess engine;

    public ModelOperationTests() => engine = Engines.Start(place.Folder);

    [Fact]
    public async Task A_model_is_looked_into_copied_and_taken_over()
    {
        await TinyModel.Make(place.In("tiny"), place);
        var seen = await engine.AskAsync(new ModelInspectRequest("tiny"));
        Assert.True(seen.IsSupported, string.Join('\n', seen.Problems));
        Assert.Equal((InspectedKind.Model, "BertForMaskedLM", TrainingMethod.Bert), (seen.Kind, seen.Architecture, seen.Method!.Value));
        Assert.Equal((1, 32, "float32", false, 512), (seen.Shape!.Layers, seen.Shape.Width, seen.Shape.Dtype, seen.Shape.In4Bit, seen.Shape.Context));
        Assert.Equal("[MASK]", seen.Tokenizer!.Mask!.Text);
        Assert.Contains(seen.Files, file => file.Name == "model.safetensors");

        var exported = await engine.AskAsync(new ModelExportRequest("tiny", "half", Dtype: "bfloat16"));
        Assert.Equal(("BertForMaskedLM", seen.Shape.Parameters, place.In("half")), (exported.Architecture, exported.Parameters, exported.Path));
        Assert.Equal("bfloat16", (await engine.AskAsync(new ModelInspectRequest("half"))).Shape!.Dtype);
        Assert.Contains("not empty", (await Assert.ThrowsAsync<UserError>(() => engine.AskAsync(new ModelExportRequest("tiny", "half")))).Message);
        Assert.Contains("float32, bfloat16", (await Assert.ThrowsAsync<UserError>(() => engine.AskAsync(new ModelExportRequest("tiny", "other", Dtype: "int8")))).Message);

        File.WriteAllBytes(place.In("tiny/pytorch_model.bin"), [1, 2, 3]);
        File.WriteAllText(place.In("tiny/modeling_tiny.py"), "print()");
        var told = new List<EngineProgress>();
        var taken = await engine.AskAsync(new ModelImportRequest("tiny", "taken"), told.Add);
        Assert.Equal(["modeling_tiny.py", "pytorch_model.bin"], taken.LeftOut.Order());
        Assert.Equal(told[^1].Total, told[^1].Done);
        Assert.Equal(File.ReadAllBytes(place.In("tiny/model.safetensors")), File.ReadAllBytes(place.In("taken/model.safetensors")));
        await engine.AskAsync(new ModelImportRequest("tiny", "linked", Link: true));
        Assert.NotNull(new FileInfo(place.In("linked/model.safetensors")).LinkTarget);
        Assert.True((await engine.AskAsync(new ModelInspectRequest("linked"))).IsSupported);

        File.WriteAllText(place.In("tiny/config.json"), """{"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2"}""");
        var foreign = await engine.AskAsync(new ModelInspectRequest("tiny"));
        Assert.Equal(("GPT2LMHeadModel", false), (foreign.Architecture, foreign.IsSupported));
        Assert.Contains("not supported", Assert.Single(foreign.Problems));
        Assert.Contains("not supported", (await Assert.ThrowsAsync<UserError>(() => engine.AskAsync(new ModelImportRequest("tiny", "foreign")))).Message);
        Assert.False(Directory.Exists(place.In("foreign")));
    }

    [Fact]
    public async Task An_adapter_is_looked_into_and_merged_and_a_cancelled_merge_leaves_nothing()
    {
        var (adapter, model) = (Path.Combine(Fixtures, "models", "bert-lora"), Path.Combine(Fixtures, "models", "bert"));
        var seen = await engine.AskAsync(new ModelInspectRequest(adapter));
        Assert.Equal(InspectedKind.Adapter, seen.Kind);
        Assert.True(seen.Adapter!.Rank > 0 && seen.Adapter.BaseModel.Length > 0);

        using var stop = new CancellationTokenSource();
        var merging = engine.AskAsync(new ModelMergeRequest(adapter, "merged", model), _ => stop.Cancel(), stop.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => merging);
        var merged = await engine.AskAsync(new ModelMergeRequest(adapter, "merged", model));
        Assert.Equal("BertForMaskedLM", merged.Architecture);
        Assert.Equal(["merged"], Directory.EnumerateDirectories(place.Folder).Select(Path.GetFileName));
    }

    [Fact]
    public async Task What_a_merge_warns_of_stays_with_the_model_that_it_makes()
    {
        var shelf = new ModelStore(Workspace.Open(place.In("home")));
        foreach (var name in (string[])["tiny-bert", "adapter-table"]) Workplace.Copy(Path.Combine(Fixtures, "models", name), place.In($"home/models/{name}"));
        var works = new ModelJobs(shelf, engine, Engines.Program);

        var merged = await works.Merge(shelf.Find("adapter-table")!, new ModelMerge(Base: "tiny-bert"), static _ => { }, CancellationToken.None);

        Assert.Contains("share a table", Assert.Single(merged.Origin!.Warnings!), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_model_is_told_with_the_way_out()
    {
        Directory.CreateDirectory(place.In("other/inner"));
        Assert.Contains("does not exist", Assert.Single((await engine.AskAsync(new ModelInspectRequest("nowhere"))).Problems));
        File.WriteAllText(place.In("other/model.gguf"), "");
        Assert.Contains("model.gguf, a form that is not read", Assert.Single((await engine.AskAsync(new ModelInspectRequest("other"))).Problems));
        File.WriteAllText(place.In("other/inner/config.json"), "{");
        Assert.Contains("There is one in inner", Assert.Single((await engine.AskAsync(new ModelInspectRequest("other"))).Problems));
    }

    [Fact]
    public async Task A_text_becomes_tokens()
    {
        var tokens = (await engine.AskAsync(new TokenizeRequest(Path.Combine(Fixtures, "tokenizer-bert-base-uncased"), "Unmasking words") { AddSpecialTokens = true })).Tokens;

        Assert.Equal(["[CLS]", "un", "##mas", "##king", "words", "[SEP]"], tokens.Select(token => token.Token));
        Assert.Equal([true, false, false, false, false, true], tokens.Select(token => token.Special));
        Assert.Equal(101, tokens[0].Id);
    }

    public async ValueTask DisposeAsync()
    {
        await engine.DisposeAsync();
        place.Dispose();
    }
}
