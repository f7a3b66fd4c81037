using Unmask.Core.Hub.Downloads;
using Unmask.Core.Hub.Http;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Hub;

/// <summary>Downloads from a strict Hub into the cache.</summary>
public sealed class HubDownloadTests
{
    private static readonly HubId Model = new(HubKind.Model, "org/model");

    [Fact]
    public async Task A_model_lies_in_the_cache_as_huggingface_hub_has_it()
    {
        await using var place = await HubPlace.Make();
        var repository = place.AddModel();

        var got = await place.Get(Model);

        string folder = Path.Combine(place.Cache.Root, "models--org--model");
        Assert.Equal(Path.Combine(folder, "snapshots", repository.Main), got.Folder);
        Assert.Equal(["README.md", "config.json", "model.safetensors", "tokenizer.json"], got.Files);
        Assert.Equal(got.Files, Directory.EnumerateFiles(got.Folder).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal));
        Assert.Equal(repository.Main, File.ReadAllText(Path.Combine(folder, "refs", "main")));
        var content = repository.Files[repository.Main];
        Assert.All(got.Files, path => Assert.Equal(content[path].Content, File.ReadAllBytes(Path.Combine(got.Folder, path))));
        Assert.Equal("../../blobs/" + FakeRepository.GitHash(content["config.json"].Content), new FileInfo(Path.Combine(got.Folder, "config.json")).LinkTarget);
        Assert.Matches("^../../blobs/[0-9a-f]{64}$", new FileInfo(Path.Combine(got.Folder, "model.safetensors")).LinkTarget);
        Assert.StartsWith("Signature: 8a477f597d28d172789f06886806bc55", File.ReadAllText(Path.Combine(place.Cache.Root, "CACHEDIR.TAG")));
        Assert.Equal(4, Directory.GetFiles(Path.Combine(place.Cache.Root, ".locks", "models--org--model"), "*.lock").Length);
        Assert.Equal(4, Directory.GetFiles(Path.Combine(folder, "blobs")).Length);
        Assert.False(Directory.Exists(Path.Combine(folder, "trees")));
    }

    [Fact]
    public async Task What_is_there_is_not_asked_for_again()
    {
        await using var place = await HubPlace.Make();
        var repository = place.AddModel();
        await place.Get(Model);

        place.Fake.Calls.Clear();
        await place.Get(Model);
        Assert.Single(place.Fake.Calls);
        await place.Get(Model with { Revision = repository.Main });
        Assert.Single(place.Fake.Calls);
    }

    [Fact]
    public async Task A_new_commit_takes_only_what_changed()
    {
        await using var place = await HubPlace.Make();
        var repository = place.AddModel();
        await place.Get(Model);
        var old = repository.Files[repository.Main];
        repository.Move("main");
        foreach (var (path, file) in old) repository.With(path, file.Content, isLarge: file.IsLarge);
        repository.With("config.json", "{\"model_type\": \"other\"}");

        place.Fake.Calls.Clear();
        var got = await place.Get(Model);

        Assert.Equal("{\"model_type\": \"other\"}", File.ReadAllText(Path.Combine(got.Folder, "config.json")));
        Assert.DoesNotContain(place.Fake.Calls, call => call.StartsWith("storage"));
        Assert.Equal(repository.Main, File.ReadAllText(Path.Combine(place.Cache.FolderOf(Model), "refs", "main")));
    }

    [Fact]
    public async Task A_pull_request_is_a_revision()
    {
        await using var place = await HubPlace.Make();
        var repository = place.AddModel();
        repository.With("config.json", "{}", "refs/pr/1").With("model.safetensors", [9, 9], "refs/pr/1");

        var got = await place.Get(HubId.Parse(HubKind.Model, "org/model@refs/pr/1"));

        Assert.Equal(repository.CommitOf("refs/pr/1"), File.ReadAllText(Path.Combine(place.Cache.FolderOf(Model), "refs", "refs", "pr", "1")));
        Assert.Equal([9, 9], File.ReadAllBytes(Path.Combine(got.Folder, "model.safetensors")));
        Assert.Contains(place.Fake.Calls, call => call.Contains("/revision/refs%2Fpr%2F1"));
    }

    [Fact]
    public async Task Private_ones_come_with_the_token_which_goes_to_no_storage()
    {
        await using var place = await HubPlace.Make(withToken: true);
        place.AddModel().Private = true;

        var got = await place.Get(Model);

        Assert.Equal(4, got.Files.Count);
        Assert.Contains(place.Fake.Calls, call => call.StartsWith("storage GET"));
    }

    [Fact]
    public async Task Weights_beside_others_are_taken_once()
    {
        await using var place = await HubPlace.Make();
        byte[] some = [1];
        place.Fake.Add("org/model").With("config.json", "{}").With("model-00001-of-00002.safetensors", some).With("model-00002-of-00002.safetensors", [2]).With("model.safetensors.index.json", "{}")
            .With("consolidated.safetensors", some).With("model.fp16.safetensors", some).With("original/params.json", "{}").With("onnx/model.onnx", some).With("original/model.safetensors", some)
            .With("additional_chat_templates/tool.jinja", "x").With("tokenizer.model", some).With("LICENSE", "free").With("setup.py", "x").With("a.pkl", some);

        var got = await place.Get(Model);

        Assert.Equal(["LICENSE", "additional_chat_templates/tool.jinja", "config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json", "tokenizer.model"], got.Files);
        Assert.Equal("../../../blobs/" + FakeRepository.GitHash("x"u8.ToArray()), new FileInfo(Path.Combine(got.Folder, "additional_chat_templates", "tool.jinja")).LinkTarget);
    }

    [Fact]
    public async Task Pickles_alone_are_refused_with_a_way_out()
    {
        await using var place = await HubPlace.Make();
        place.Fake.Add("org/model").With("config.json", "{}").With("pytorch_model.bin", [1]);

        var error = await Assert.ThrowsAsync<UserError>(() => place.Get(Model));

        Assert.Contains("pytorch_model.bin", error.Message);
        Assert.Contains("refs/pr/", error.Message);
        Assert.Throws<UserError>(() => HubChoice.Matching(HubKind.Model, ["*.bin"], []));
    }

    [Fact]
    public async Task Patterns_choose_files()
    {
        await using var place = await HubPlace.Make();
        place.AddModel();

        Assert.Equal(["config.json", "tokenizer.json"], (await place.Get(Model, HubChoice.Matching(HubKind.Model, ["*.json"], []))).Files);
        Assert.Equal(["README.md", "config.json", "tokenizer.json"], (await place.Get(Model, HubChoice.Matching(HubKind.Model, [], ["*.safetensors"]))).Files);
        Assert.Equal(["config.json"], (await place.Get(Model, HubChoice.Matching(HubKind.Model, ["*"], ["[mt]*", "R?ADME.md"]))).Files);
    }

    [Fact]
    public async Task A_path_that_leaves_its_folder_stops_all()
    {
        await using var place = await HubPlace.Make();
        place.AddModel().With("../../evil.json", "{}");

        Assert.Contains("evil.json", (await Assert.ThrowsAsync<UserError>(() => place.Get(Model))).Message);
        Assert.False(Directory.Exists(place.Cache.Root));
    }

    [Fact]
    public async Task A_full_disk_is_told_before()
    {
        await using var place = await HubPlace.Make();
        place.AddModel(bytes: 3 << 20);
        using var client = place.Client();

        var error = await Assert.ThrowsAsync<UserError>(() => new HubDownload(client, place.Cache) { FreeSpace = _ => 65L << 20 }.Get(Model, HubChoice.Model));

        Assert.Contains("3.0 MiB", error.Message);
        Assert.Contains("HF_HUB_CACHE", error.Message);
        Assert.DoesNotContain(place.Fake.Calls, call => call.Contains("/resolve/"));
    }

    [Fact]
    public async Task It_is_told_how_far_it_is()
    {
        await using var place = await HubPlace.Make();
        place.AddModel();
        List<HubProgress> told = [];

        await place.Get(Model, tell: told.Add);

        var last = told[^1];
        Assert.Equal((last.TotalBytes, 4, 4), (last.Bytes, last.Files, last.TotalFiles));
        Assert.All(told, one => Assert.InRange(one.Bytes, 0, one.TotalBytes));
    }

    [Fact]
    public async Task Who_stops_keeps_what_came()
    {
        await using var place = await HubPlace.Make();
        var repository = place.AddModel(bytes: 1 << 20);
        place.Fake.StorageSpeed = 400_000;
        using var stop = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => place.Get(Model, tell: far => { if (far.Bytes > 100_000) stop.Cancel(); }, stop: stop.Token));
        string part = Directory.GetFiles(Path.Combine(place.Cache.FolderOf(Model), "blobs"), "*.incomplete").Single();
        Assert.True(new FileInfo(part).Length > 0);
        place.Fake.StorageSpeed = null;
        place.Fake.Calls.Clear();
        var got = await place.Get(Model);

        Assert.Contains(place.Fake.Calls, call => call.StartsWith("storage GET") && call.Contains("bytes="));
        Assert.Equal(repository.Files[repository.Main]["model.safetensors"].Content, File.ReadAllBytes(Path.Combine(got.Folder, "model.safetensors")));
        Assert.False(File.Exists(part));
    }

    [Fact]
    public async Task Without_the_Hub_the_cache_does()
    {
        await using var place = await HubPlace.Make();
        var repository = place.AddModel();
        await place.Get(Model);
        using var offline = place.Client(place.Elsewhere(place.Fake.Address, offline: true));
        using var gone = place.Client(place.Elsewhere("http://127.0.0.1:9"));
        place.Fake.Calls.Clear();

        var first = await new HubDownload(offline, place.Cache).Get(Model, HubChoice.Model);
        var second = await new HubDownload(gone, place.Cache).Get(Model, HubChoice.Model);
        var pinned = await new HubDownload(gone, place.Cache).Get(Model with { Revision = repository.Main }, HubChoice.Model);
        var never = await Assert.ThrowsAsync<UserError>(() => new HubDownload(offline, place.Cache).Get(Model with { Name = "org/other" }, HubChoice.Model));
        var unreachable = await Assert.ThrowsAsync<UserError>(() => new HubDownload(gone, place.Cache).Get(Model with { Name = "org/other" }, HubChoice.Model));

        Assert.Equal((repository.Main, null), (first.Commit, first.Note));
        Assert.Contains("connection is refused", second.Note);
        Assert.Null(pinned.Note);
        Assert.Contains("HF_HUB_OFFLINE", never.Message);
        Assert.Contains("127.0.0.1:9 cannot be reached", unreachable.Message);
        Assert.Empty(place.Fake.Calls);
    }

    [Fact]
    public async Task A_snapshot_of_another_program_needs_no_call_when_it_is_whole_and_a_commit_is_named()
    {
        await using var place = await HubPlace.Make();
        string commit = new('a', 40);
        string folder = place.Cache.SnapshotOf(Model, commit);
        Directory.CreateDirectory(folder);
        foreach (string name in (string[])["config.json", "tokenizer.json", "model.safetensors"]) File.WriteAllText(Path.Combine(folder, name), "x");

        Assert.Equal(folder, (await place.Get(Model with { Revision = commit })).Folder);
        Assert.Empty(place.Fake.Calls);
    }
}
