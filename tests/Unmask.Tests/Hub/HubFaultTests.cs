using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Unmask.Core.Hub.Http;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Hub;

/// <summary>What a Hub, a storage and a network do instead of giving a file.</summary>
public sealed class HubFaultTests
{
    private static readonly HubId Model = new(HubKind.Model, "org/model");

    [Fact]
    public async Task Strangers_are_told_that_it_is_missing_or_private()
    {
        await using var place = await HubPlace.Make();
        place.AddModel().Private = true;

        await Fails(place, HubFault.Missing, "missing", "private", "HF_TOKEN");
    }

    [Fact]
    public async Task Who_is_known_is_told_of_the_token()
    {
        await using var place = await HubPlace.Make(withToken: true);
        await Fails(place, HubFault.Missing, "token in HF_TOKEN");
    }

    [Fact]
    public async Task Gated_without_a_token()
    {
        await using var place = await HubPlace.Make();
        place.AddModel().Gated = true;
        await Fails(place, HubFault.Gated, $"{place.Fake.Address}/org/model", "no token was sent");
    }

    [Fact]
    public async Task Gated_with_a_token()
    {
        await using var place = await HubPlace.Make(withToken: true);
        place.AddModel().Gated = true;
        await Fails(place, HubFault.Gated, "the token in HF_TOKEN was sent");
    }

    [Fact]
    public async Task A_bad_token_is_told_and_not_shown()
    {
        await using var place = await HubPlace.Make(token: "hf_wrong");
        place.AddModel();
        var error = await Fails(place, HubFault.BadToken, "HF_TOKEN");
        Assert.DoesNotContain("hf_wrong", error.Message);
    }

    [Fact]
    public async Task A_token_that_a_server_says_is_not_shown()
    {
        await using var place = await HubPlace.Make(withToken: true);
        place.Fake.Interfere = async (call, _) =>
        {
            await FakeHub.Refuse(call, 403, null, $"Your token {place.Fake.Token} may not");
            return true;
        };
        var error = await Fails(place, HubFault.Forbidden, "may not");
        Assert.DoesNotContain(place.Fake.Token, error.Message);
    }

    [Fact]
    public async Task A_revision_that_is_not_there()
    {
        await using var place = await HubPlace.Make();
        place.AddModel();
        var error = await Assert.ThrowsAsync<UserError>(() => place.Get(Model with { Revision = "nowhere" }));
        Assert.Equal(HubFault.NoRevision, HubErrors.FaultOf(error));
        Assert.Contains("nowhere", error.Message);
    }

    [Fact]
    public async Task A_listed_file_that_is_not_there_is_remembered_as_missing()
    {
        await using var place = await HubPlace.Make();
        var repository = place.AddModel();
        place.Fake.Interfere = async (call, _) =>
        {
            if (!call.Request.Path.Value!.EndsWith("config.json")) return false;
            call.Response.Headers["X-Repo-Commit"] = repository.Main;
            await FakeHub.Refuse(call, 404, "EntryNotFound", "Entry not found");
            return true;
        };
        await Fails(place, HubFault.NoFile, "config.json");
        Assert.True(File.Exists(Path.Combine(place.Cache.FolderOf(Model), ".no_exist", repository.Main, "config.json")));
    }

    [Theory, InlineData(500), InlineData(502), InlineData(503), InlineData(504)]
    public async Task An_answer_that_cannot_now_is_asked_for_again(int status)
    {
        await using var place = await HubPlace.Make();
        place.AddModel();
        place.Fake.Interfere = async (call, visit) =>
        {
            if (visit >= 3) return false;
            await FakeHub.Refuse(call, status, null, "not now");
            return true;
        };
        Assert.Equal(4, (await place.Get(Model)).Files.Count);
    }

    [Fact]
    public async Task A_Hub_that_never_can_is_told_once()
    {
        await using var place = await HubPlace.Make();
        place.AddModel();
        place.Fake.Interfere = async (call, _) =>
        {
            await FakeHub.Refuse(call, 503, null, "maintenance");
            return true;
        };
        await Fails(place, HubFault.Busy, "503", "maintenance");
        Assert.Equal(HubPlace.Quick.Tries, place.Fake.Calls.Count);
    }

    [Theory, InlineData("Retry-After", "1"), InlineData("Retry-After", "date"), InlineData("ratelimit", "\"api\";r=0;t=1")]
    public async Task A_limit_of_calls_is_kept(string header, string value)
    {
        await using var place = await HubPlace.Make();
        place.AddModel();
        var clock = Stopwatch.StartNew();
        var (refused, asked) = (TimeSpan.Zero, TimeSpan.Zero);
        place.Fake.Interfere = async (call, visit) =>
        {
            if (!call.Request.Path.Value!.Contains("/revision/")) return false;
            if (visit > 1)
            {
                asked = clock.Elapsed;
                return false;
            }

            refused = clock.Elapsed;
            call.Response.Headers[header] = value == "date" ? DateTimeOffset.UtcNow.AddSeconds(2).ToString("R", CultureInfo.InvariantCulture) : value;
            await FakeHub.Refuse(call, 429, null, "Too many requests");
            return true;
        };

        await place.Get(Model);

        Assert.InRange((asked - refused).TotalSeconds, 0.95, 4);
        Assert.Contains(place.Said, said => said.Contains("asks to wait"));
    }

    [Fact]
    public async Task A_limit_that_lasts_is_an_error()
    {
        await using var place = await HubPlace.Make();
        place.AddModel();
        place.Fake.Interfere = async (call, _) =>
        {
            call.Response.Headers.RetryAfter = "9999";
            await FakeHub.Refuse(call, 429, null, "Too many requests");
            return true;
        };
        await Fails(place, HubFault.RateLimited, "9999 s", "HF_TOKEN");
        Assert.Single(place.Fake.Calls);
    }

    [Fact]
    public async Task Cut_downloads_go_on_where_they_stopped()
    {
        await using var place = await HubPlace.Make();
        var repository = place.AddModel();
        place.Fake.InterfereStorage = async (call, visit, content) =>
        {
            if (visit > 8) return false;
            int from = call.Request.Headers.Range.ToString() is { Length: > 0 } range ? int.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture) : 0;
            call.Response.ContentLength = content.Length - from;
            if (from > 0) (call.Response.StatusCode, call.Response.Headers.ContentRange) = (206, $"bytes {from}-{content.Length - 1}/{content.Length}");
            await call.Response.Body.WriteAsync(content.AsMemory(from, 20_000));
            await call.Response.Body.FlushAsync();
            await Task.Delay(30);
            call.Abort();
            return true;
        };

        var got = await place.Get(Model);

        Assert.Equal(repository.Files[repository.Main]["model.safetensors"].Content, File.ReadAllBytes(Path.Combine(got.Folder, "model.safetensors")));
        Assert.True(place.Fake.Calls.Count(call => call.StartsWith("storage GET") && call.Contains("bytes=")) >= 8);
    }

    [Theory, InlineData("whole"), InlineData("wrong part"), InlineData("416")]
    public async Task A_storage_that_gives_no_rest_is_asked_for_the_whole(string how)
    {
        await using var place = await HubPlace.Make();
        var repository = place.AddModel();
        byte[] weights = repository.Files[repository.Main]["model.safetensors"].Content;
        await BeginPart(place, weights, weights[..1000]);
        place.Fake.InterfereStorage = async (call, _, content) =>
        {
            if (call.Request.Headers.Range.Count == 0) return false;
            if (how == "416") call.Response.StatusCode = 416;
            else if (how == "whole") await call.Response.Body.WriteAsync(content);
            else
            {
                (call.Response.StatusCode, call.Response.Headers.ContentRange) = (206, $"bytes 500-{content.Length - 1}/{content.Length}");
                await call.Response.Body.WriteAsync(content.AsMemory(500));
            }

            return true;
        };

        var got = await place.Get(Model);

        Assert.Equal(weights, File.ReadAllBytes(Path.Combine(got.Folder, "model.safetensors")));
    }

    [Fact]
    public async Task A_part_of_something_else_is_thrown_away()
    {
        await using var place = await HubPlace.Make();
        var repository = place.AddModel();
        byte[] weights = repository.Files[repository.Main]["model.safetensors"].Content;
        await BeginPart(place, weights, new byte[1000]);

        var got = await place.Get(Model);

        Assert.Equal(weights, File.ReadAllBytes(Path.Combine(got.Folder, "model.safetensors")));
    }

    [Fact]
    public async Task A_wrong_content_gets_no_name()
    {
        await using var place = await HubPlace.Make();
        place.AddModel();
        place.Fake.InterfereStorage = async (call, _, content) =>
        {
            byte[] other = (byte[])content.Clone();
            other[7] ^= 1;
            await FakeHub.Bytes(call, other, null);
            return true;
        };

        await Fails(place, HubFault.WrongContent, "model.safetensors", "hash");
        Assert.DoesNotContain(Directory.EnumerateFiles(Path.Combine(place.Cache.FolderOf(Model), "blobs")), path => Path.GetFileName(path).Length == 64 || path.EndsWith(".incomplete"));
        Assert.False(File.Exists(Path.Combine(place.Cache.FolderOf(Model), "refs", "main")));
    }

    [Fact]
    public async Task A_small_file_with_a_wrong_content_gets_no_name()
    {
        await using var place = await HubPlace.Make();
        place.AddModel().With("config.json", "{}"u8.ToArray(), isLarge: false, etag: new string('1', 40));
        await Fails(place, HubFault.WrongContent, "config.json");
    }

    [Fact]
    public async Task A_signature_that_expired_is_asked_for_anew()
    {
        await using var place = await HubPlace.Make();
        place.AddModel();
        place.Fake.InterfereStorage = (call, visit, _) =>
        {
            if (visit < 3) call.Response.StatusCode = 403;
            return Task.FromResult(visit < 3);
        };
        Assert.Equal(4, (await place.Get(Model)).Files.Count);
    }

    [Fact]
    public async Task A_silent_storage_is_left()
    {
        await using var place = await HubPlace.Make();
        place.AddModel();
        place.Fake.InterfereStorage = async (call, visit, content) =>
        {
            if (visit > 1) return false;
            call.Response.ContentLength = content.Length;
            await call.Response.Body.WriteAsync(content.AsMemory(0, 1000));
            await call.Response.Body.FlushAsync();
            await Task.Delay(TimeSpan.FromSeconds(20), call.RequestAborted).ContinueWith(_ => { });
            return true;
        };
        Assert.Equal(4, (await place.Get(Model)).Files.Count);
    }

    [Fact]
    public async Task A_redirect_to_another_host_does_not_carry_the_token_even_for_questions()
    {
        await using var place = await HubPlace.Make(withToken: true);
        place.AddModel();
        place.Fake.Interfere = (call, _) =>
        {
            if (!call.Request.Path.Value!.Contains("/revision/")) return Task.FromResult(false);
            call.Response.StatusCode = 302;
            call.Response.Headers.Location = $"{place.Fake.StorageAddress}/x?signature=1";
            return Task.FromResult(true);
        };
        place.Fake.InterfereStorage = (call, _, _) => Task.FromResult(true);
        await Assert.ThrowsAsync<UserError>(() => place.Get(Model));
    }

    [Fact]
    public async Task Two_who_want_the_same_download_it_once()
    {
        await using var place = await HubPlace.Make();
        place.AddModel(bytes: 500_000);
        place.Fake.StorageSpeed = 1_000_000;

        var both = await Task.WhenAll(place.Get(Model), place.Get(Model));

        Assert.Equal(both[0].Folder, both[1].Folder);
        Assert.Single(place.Fake.Calls, call => call.StartsWith("storage GET"));
    }

    private static async Task BeginPart(HubPlace place, byte[] weights, byte[] part)
    {
        string blob = place.Cache.BlobOf(Model, Convert.ToHexStringLower(SHA256.HashData(weights)));
        Directory.CreateDirectory(Path.GetDirectoryName(blob)!);
        await File.WriteAllBytesAsync(blob + ".incomplete", part);
    }

    private static async Task<UserError> Fails(HubPlace place, HubFault fault, params string[] words)
    {
        var error = await Assert.ThrowsAsync<UserError>(() => place.Get(Model));
        Assert.Equal(fault, HubErrors.FaultOf(error));
        Assert.All(words, word => Assert.Contains(word, error.Message));
        Assert.DoesNotContain('\n', error.Message);
        return error;
    }
}
