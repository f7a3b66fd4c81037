using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Unmask.Core.Hub;
using Unmask.Core.Hub.Http;
using Unmask.Core.Hub.Uploads;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Hub;

public sealed class HubPushTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly PushFake fake = new();

    public HubPushTests()
    {
        folder.Write("model/config.json", "{}");
        folder.Write("model/README.md", "# card");
        folder.Write("model/code.py", "import os");
        folder.Write("model/model.safetensors", new string('w', 2_500_000));
    }

    public void Dispose()
    {
        fake.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task A_new_repository_is_private_and_gets_one_commit_with_its_large_file_in_the_storage()
    {
        var done = await Push(new());

        Assert.Empty(fake.Wrongs);
        Assert.Equal(["create private", "preupload", "batch", "put 1/3", "put 2/3", "put 3/3", "complete", "verify", "commit"], fake.Calls.Where(call => call != "info"));
        Assert.Equal("0123456789abcdef0123456789abcdef01234567", done.Commit);
        Assert.Equal(["README.md", "config.json", "model.safetensors"], done.Files.Select(file => file.Path));
        Assert.Equal(["# card", "{}"], fake.Committed.Select(Encoding.UTF8.GetString));
        Assert.Equal(new string('w', 2_500_000), Encoding.UTF8.GetString(fake.Stored));
    }

    [Fact]
    public async Task What_the_storage_has_is_not_sent_again_and_a_flaky_one_is_asked_again()
    {
        fake.FailOnce = "put 2/3";
        await Push(new());
        Assert.Equal(2, fake.Calls.Count(call => call == "put 2/3"));
        fake.Calls.Clear();

        await Push(new());
        Assert.DoesNotContain(fake.Calls, call => call.StartsWith("put", StringComparison.Ordinal) || call.StartsWith("create", StringComparison.Ordinal));
        Assert.Contains("commit", fake.Calls);
        Assert.Empty(fake.Wrongs);
    }

    [Fact]
    public async Task A_dry_run_changes_nothing()
    {
        var plan = await Push(new() { DryRun = true });
        Assert.Equal((true, true, 2_500_000L, (string?)null), (plan.CreatesRepository, plan.Private, plan.MissingBytes, plan.Commit));
        Assert.Equal(["info"], fake.Calls);
    }

    [Fact]
    public async Task Without_a_token_or_a_model_nothing_is_asked()
    {
        using var stranger = new HubClient(HubSettings.From(name => name == "HF_ENDPOINT" ? fake.Address : name == "HF_HOME" ? folder.Path : null));
        Assert.Contains("No token is set", (await Assert.ThrowsAsync<UserError>(() => new HubPush(stranger).Push(folder["model"], HubId.Parse(HubKind.Model, "me/first"), new(), stop: TestContext.Current.CancellationToken))).Message, StringComparison.Ordinal);
        folder.Write("empty/notes.txt", "a");
        Assert.Contains("holds no model", (await Assert.ThrowsAsync<UserError>(() => Push(new(), "empty"))).Message, StringComparison.Ordinal);
        Assert.Empty(fake.Calls);
    }

    [Fact]
    public async Task What_a_link_leads_to_outside_of_the_folder_is_not_published()
    {
        File.CreateSymbolicLink(folder["model/NOTICE"], folder.Write("secret/id_ed25519", "private"));
        Directory.CreateSymbolicLink(folder["model/loop"], folder["model"]);
        Directory.CreateSymbolicLink(folder["model/secret"], folder["secret"]);
        Assert.Contains("NOTICE of ", (await Assert.ThrowsAsync<UserError>(() => Push(new()))).Message, StringComparison.Ordinal);
        Assert.Empty(fake.Calls);

        File.Delete(folder["model/NOTICE"]);
        File.CreateSymbolicLink(folder["model/LICENSE"], "README.md");
        Assert.Equal(["LICENSE", "README.md", "config.json", "model.safetensors"], (await Push(new() { DryRun = true })).Files.Select(file => file.Path));
    }

    [Fact]
    public async Task A_model_below_a_hidden_folder_and_a_commit_of_the_cache_are_sent()
    {
        folder.Write(".home/models--a--b/blobs/0123", "{}");
        Directory.CreateDirectory(folder[".home/models--a--b/snapshots/c0ffee"]);
        File.CreateSymbolicLink(folder[".home/models--a--b/snapshots/c0ffee/config.json"], "../../blobs/0123");
        Assert.Equal(["config.json"], (await Push(new() { DryRun = true }, ".home/models--a--b/snapshots/c0ffee")).Files.Select(file => file.Path));
    }

    [Fact]
    public async Task Nothing_is_published_by_a_link_out_of_the_folder()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a right there that few have.");
        folder.Write("secret", "ssh key");
        folder.Write("weights/model.safetensors", "w");
        File.CreateSymbolicLink(folder["model/LICENSE"], folder["secret"]);
        Directory.CreateSymbolicLink(folder["model/round"], folder["model"]);

        Assert.Contains($"is a link to {folder["secret"]}, outside of the folder", (await Assert.ThrowsAsync<UserError>(() => Push(new()))).Message, StringComparison.Ordinal);
        Assert.Empty(fake.Calls);

        File.Delete(folder["model/LICENSE"]);
        File.Delete(folder["model/model.safetensors"]);
        File.CreateSymbolicLink(folder["model/model.safetensors"], folder["weights/model.safetensors"]);
        await Assert.ThrowsAsync<UserError>(() => Push(new()));
        Assert.Equal(["README.md", "config.json", "model.safetensors"], (await Push(new() { Linked = folder["weights"], DryRun = true })).Files.Select(file => file.Path));
    }

    [Theory]
    [InlineData("preupload", "is a link to")]
    [InlineData("batch", "is a link to")]
    [InlineData("preupload", "was written to while it was pushed")]
    [InlineData("batch", "was written to while it was pushed")]
    public async Task Weights_that_are_exchanged_while_the_Hub_is_asked_are_not_sent(string call, string told)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a right there that few have.");
        var other = folder.Write("secret", new string('s', 2_500_000));
        fake.On = now =>
        {
            if (now != call) return;
            if (told.StartsWith("was", StringComparison.Ordinal)) File.AppendAllText(folder["model/model.safetensors"], "more");
            else
            {
                File.Delete(folder["model/model.safetensors"]);
                File.CreateSymbolicLink(folder["model/model.safetensors"], other);
            }
        };

        Assert.Contains(told, (await Assert.ThrowsAsync<UserError>(() => Push(new()))).Message, StringComparison.Ordinal);
        Assert.DoesNotContain(fake.Calls, sent => sent == "commit" || sent.StartsWith("put", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Of_the_folder_of_linked_weights_nothing_but_weights_is_sent()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a right there that few have.");
        folder.Write("hub/models--a--b/blobs/0123", "w");
        Directory.CreateDirectory(folder["hub/models--a--b/snapshots/c0ffee"]);
        File.CreateSymbolicLink(folder["hub/models--a--b/snapshots/c0ffee/model.safetensors"], "../../blobs/0123");
        folder.Write("private/id_ed25519", "key");
        File.Delete(folder["model/model.safetensors"]);

        // Weights that lie in the cache of the Hub.
        File.CreateSymbolicLink(folder["model/model.safetensors"], folder["hub/models--a--b/snapshots/c0ffee/model.safetensors"]);
        Assert.Contains("model.safetensors", (await Push(new() { Linked = folder["hub/models--a--b/snapshots/c0ffee"], DryRun = true })).Files.Select(file => file.Path));
        await Assert.ThrowsAsync<UserError>(() => Push(new() { Linked = folder["private"], DryRun = true }));
        File.Delete(folder["model/model.safetensors"]);

        foreach (var name in (string[])["NOTICE", "model.safetensors", "more.json"])
        {
            File.CreateSymbolicLink(folder["model/" + name], folder["private/id_ed25519"]);
            Assert.Contains($"{name} of ", (await Assert.ThrowsAsync<UserError>(() => Push(new() { Linked = folder["private"], DryRun = true }))).Message, StringComparison.Ordinal);
            File.Delete(folder["model/" + name]);
        }
    }

    private async Task<HubPushPlan> Push(HubPushOptions options, string name = "model")
    {
        var settings = HubSettings.From(variable => variable switch { "HF_ENDPOINT" => fake.Address, "HF_TOKEN" => PushFake.Token, "HF_HOME" => folder.Path, _ => null });
        using var hub = new HubClient(new HubHttp(settings, new HubPatience { FirstWait = TimeSpan.FromMilliseconds(10) }));
        return await new HubPush(hub).Push(folder[name], HubId.Parse(HubKind.Model, "me/first"), options, stop: TestContext.Current.CancellationToken);
    }

    /// <summary>The write side of the Hub with a storage of its own, strict: token, order, sizes, hashes.</summary>
    private sealed class PushFake : IDisposable
    {
        public const string Token = "hf_0123456789";
        private const int Part = 1_000_000;

        private readonly LoopbackServer hub;
        private readonly LoopbackServer storage;
        private readonly SortedDictionary<int, byte[]> parts = [];
        private bool exists;
        private bool complete;

        public PushFake() => (hub, storage) = (new((call, body) => Answer(call, OnHub(call.Request, body))), new((call, body) => Answer(call, OnStorage(call.Request, body))));

        public string Address => hub.Address;

        public List<string> Wrongs { get; } = [];

        public List<string> Calls { get; } = [];

        public List<byte[]> Committed { get; } = [];

        public string? FailOnce { get; set; }

        /// <summary>Called with each call of the Hub before it is answered.</summary>
        public Action<string>? On { get; set; }

        public byte[] Stored => [.. parts.Values.SelectMany(part => part)];

        public void Dispose()
        {
            hub.Dispose();
            storage.Dispose();
        }

        private static void Answer(HttpListenerContext call, (int Status, JsonNode? Body, string? Tag) answer)
        {
            call.Response.StatusCode = answer.Status;
            if (answer.Tag is not null) call.Response.Headers["ETag"] = answer.Tag;
            if (answer.Status == 404) call.Response.Headers["X-Error-Code"] = "RepoNotFound";
            if (answer.Body is not null) LoopbackServer.Write(call, answer.Body.ToJsonString());
        }

        private (int, JsonNode?, string?) OnHub(HttpListenerRequest request, byte[] body)
        {
            if (request.Headers["Authorization"] != $"Bearer {Token}") Wrongs.Add($"no token for {request.Url!.AbsolutePath}");
            var path = request.Url!.AbsolutePath;
            var json = request.HttpMethod == "POST" && request.ContentType != "application/x-ndjson" ? JsonNode.Parse(body) : null;
            switch (path)
            {
                case "/api/models/me/first/revision/main":
                    Calls.Add("info");
                    return exists ? (200, new JsonObject { ["sha"] = "0123456789abcdef0123456789abcdef01234567", ["siblings"] = new JsonArray() }, null) : (404, null, null);
                case "/api/repos/create":
                    Calls.Add((bool)json!["private"]! ? "create private" : "create public");
                    if ((string)json["organization"]! != "me" || (string)json["name"]! != "first") Wrongs.Add("another repository is made");
                    exists = true;
                    return (200, new JsonObject { ["url"] = $"{Address}/me/first" }, null);
                case "/api/models/me/first/preupload/main":
                    Calls.Add("preupload");
                    On?.Invoke("preupload");
                    foreach (var file in json!["files"]!.AsArray())
                    {
                        if (Convert.FromBase64String((string)file!["sample"]!).Length > 512) Wrongs.Add("a sample is too long");
                    }

                    return (200, new JsonObject { ["files"] = new JsonArray([.. json["files"]!.AsArray().Select(file => (JsonNode)new JsonObject { ["path"] = (string)file!["path"]!, ["uploadMode"] = ((string)file["path"]!).EndsWith(".safetensors", StringComparison.Ordinal) ? "lfs" : "regular" })]) }, null);
                case "/me/first.git/info/lfs/objects/batch":
                    Calls.Add("batch");
                    On?.Invoke("batch");
                    if (request.ContentType != "application/vnd.git-lfs+json" || request.Headers["Accept"] != "application/vnd.git-lfs+json") Wrongs.Add("wrong media type");
                    var one = json!["objects"]![0]!;
                    var answered = new JsonObject { ["oid"] = (string)one["oid"]!, ["size"] = (long)one["size"]! };
                    if (!complete)
                    {
                        answered["actions"] = new JsonObject
                        {
                            ["upload"] = new JsonObject { ["href"] = $"{Address}/complete", ["header"] = new JsonObject { ["chunk_size"] = $"{Part}", ["00001"] = $"{storage.Address}/1", ["00002"] = $"{storage.Address}/2", ["00003"] = $"{storage.Address}/3" } },
                            ["verify"] = new JsonObject { ["href"] = $"{Address}/verify" },
                        };
                    }

                    return (200, new JsonObject { ["objects"] = new JsonArray((JsonNode)answered) }, null);
                case "/complete":
                    Calls.Add("complete");
                    if (!json!["parts"]!.AsArray().Select(part => (string)part!["etag"]!).SequenceEqual(["\"1\"", "\"2\"", "\"3\""])) Wrongs.Add("wrong tags");
                    if (Convert.ToHexStringLower(SHA256.HashData(Stored)) != (string)json["oid"]!) Wrongs.Add("the stored file has another hash");
                    complete = true;
                    return (200, new JsonObject(), null);
                case "/verify":
                    Calls.Add("verify");
                    if (!complete || (long)json!["size"]! != Stored.Length) Wrongs.Add("verified before it was complete");
                    return (200, new JsonObject(), null);
                case "/api/models/me/first/commit/main":
                    Calls.Add("commit");
                    var lines = Encoding.UTF8.GetString(body).TrimEnd('\n').Split('\n').Select(line => JsonNode.Parse(line)!).ToList();
                    if ((string)lines[0]["key"]! != "header") Wrongs.Add("the header is not first");
                    if (!complete || !lines.Any(line => (string)line["key"]! == "lfsFile" && (string)line["value"]!["algo"]! == "sha256")) Wrongs.Add("the large file is not in the commit, or not in the storage");
                    Committed.AddRange(lines.Where(line => (string)line["key"]! == "file").Select(line => Convert.FromBase64String((string)line["value"]!["content"]!)));
                    return (200, new JsonObject { ["commitOid"] = "0123456789abcdef0123456789abcdef01234567", ["commitUrl"] = $"{Address}/me/first/commit/0123" }, null);
                default:
                    Wrongs.Add($"unknown {path}");
                    return (400, null, null);
            }
        }

        private (int, JsonNode?, string?) OnStorage(HttpListenerRequest request, byte[] body)
        {
            var number = request.Url!.AbsolutePath[1..];
            Calls.Add($"put {number}/3");
            if (request.Headers["Authorization"] is not null) Wrongs.Add("the token went to the storage");
            if (FailOnce == $"put {number}/3")
            {
                FailOnce = null;
                return (503, null, null);
            }

            parts[int.Parse(number, System.Globalization.CultureInfo.InvariantCulture)] = body;
            return (200, null, $"\"{number}\"");
        }
    }
}
