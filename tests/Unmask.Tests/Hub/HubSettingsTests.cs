using Unmask.Core.Hub.Http;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Hub;

public sealed class HubSettingsTests
{
    [Fact]
    public void The_cache_is_where_huggingface_hub_has_it()
    {
        Assert.Equal("/home/me/.cache/huggingface/hub", Read(("HOME", "/home/me")).Cache);
        Assert.Equal("/x/huggingface/hub", Read(("XDG_CACHE_HOME", "/x")).Cache);
        Assert.Equal("/h/hub", Read(("XDG_CACHE_HOME", "/x"), ("HF_HOME", "/h")).Cache);
        Assert.Equal("/c", Read(("HF_HOME", "/h"), ("HF_HUB_CACHE", "/c")).Cache);
        Assert.Equal("/home/me/c/d", Read(("HOME", "/home/me"), ("D", "d"), ("HF_HUB_CACHE", "~/c/$D")).Cache);
    }

    [Theory, InlineData("1", true), InlineData("yes", true), InlineData("True", true), InlineData("on", true), InlineData("0", false), InlineData("", false), InlineData("no", false)]
    public void Offline_is_said_in_several_ways(string value, bool offline)
    {
        Assert.Equal(offline, Read(("HF_HUB_OFFLINE", value)).Offline);
        Assert.Equal(offline, Read(("TRANSFORMERS_OFFLINE", value)).Offline);
    }

    [Fact]
    public void The_token_comes_from_the_environment_then_from_a_file_and_is_never_shown()
    {
        using var folder = new TemporaryFolder();
        folder.Write("token", "hf_stored\n");
        folder.Write("other", " hf_other ");

        var set = Read(("HF_HOME", folder.Path), ("HF_TOKEN", "hf_set\r\n"));
        var old = Read(("HF_HOME", folder.Path), ("HUGGING_FACE_HUB_TOKEN", "hf_old"));
        var stored = Read(("HF_HOME", folder.Path));
        var other = Read(("HF_HOME", folder.Path), ("HF_TOKEN_PATH", folder["other"]));

        Assert.Equal(("hf_set", "HF_TOKEN"), (set.Token, set.TokenSource));
        Assert.Equal("hf_old", old.Token);
        Assert.Equal(("hf_stored", folder["token"]), (stored.Token, stored.TokenSource));
        Assert.Equal("hf_other", other.Token);
        Assert.DoesNotContain("hf_set", set.ToString());
        Assert.Null(Read(("HF_HOME", folder["none"])).Token);
        Assert.DoesNotContain("secret", Assert.Throws<UserError>(() => Read(("HF_TOKEN", "se\tsecret"))).Message);
    }

    [Theory, InlineData("huggingface.co"), InlineData("ftp://h"), InlineData("https://me:pass@h")]
    public void An_endpoint_that_is_none_is_told(string endpoint)
    {
        var error = Assert.Throws<UserError>(() => Read(("HF_ENDPOINT", endpoint)));
        Assert.StartsWith("HF_ENDPOINT ", error.Message);
        Assert.DoesNotContain("pass@", error.Message);
    }

    [Theory]
    [InlineData("org/name", "org/name", "main")]
    [InlineData("org/name@refs/pr/1", "org/name", "refs/pr/1")]
    [InlineData("gpt2@v1.0", "gpt2", "v1.0")]
    public void Names_are_read(string text, string name, string revision)
    {
        var id = HubId.Parse(HubKind.Model, text);
        Assert.Equal((name, revision), (id.Name, id.Revision));
        Assert.Equal(text, id.ToString());
    }

    [Theory, InlineData("a/b/c"), InlineData("../x"), InlineData("a/..b"), InlineData("a--b/c"), InlineData("a/b.git"), InlineData("a/b@../../x"), InlineData("a/b@"), InlineData(""), InlineData("a b/c")]
    public void Names_that_are_none_are_told(string text) => Assert.Throws<UserError>(() => HubId.Parse(HubKind.Model, text));

    [Theory, InlineData("org/name", true), InlineData("org/name@main", true), InlineData("name", false), InlineData("./name", false), InlineData("/a/b", false), InlineData("a/b/c", false), InlineData("../b", false)]
    public void A_text_may_mean_something_on_the_Hub(string text, bool may) => Assert.Equal(may, HubId.IsLike(text));

    private static HubSettings Read(params (string Name, string Value)[] variables) => HubSettings.From(name => variables.FirstOrDefault(variable => variable.Name == name).Value);
}
