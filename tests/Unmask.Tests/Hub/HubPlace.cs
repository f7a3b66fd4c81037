using Unmask.Core.Hub;
using Unmask.Core.Hub.Caching;
using Unmask.Core.Hub.Downloads;
using Unmask.Core.Hub.Http;
using Xunit;

namespace Unmask.Tests.Hub;

/// <summary>A Hub, a cache and a client of it, for one test; what the client did wrong fails the test at its end.</summary>
internal sealed class HubPlace : IAsyncDisposable
{
    private readonly TemporaryFolder folder = new();

    private HubPlace(FakeHub fake, string? token)
    {
        Fake = fake;
        Settings = new HubSettings { Endpoint = new Uri(fake.Address), Cache = folder["hub"], Token = token, TokenSource = token is null ? null : "HF_TOKEN" };
        Cache = new HubCache(Settings.Cache);
    }

    public FakeHub Fake { get; }

    public HubSettings Settings { get; }

    public HubCache Cache { get; }

    public List<string> Said { get; } = [];

    public static HubPatience Quick { get; } = new() { FirstWait = TimeSpan.FromMilliseconds(5), LongestWait = TimeSpan.FromMilliseconds(20), Silence = TimeSpan.FromSeconds(1) };

    public static async Task<HubPlace> Make(bool withToken = false, string? token = null)
    {
        var fake = await FakeHub.Start();
        return new HubPlace(fake, withToken ? fake.Token : token);
    }

    public HubClient Client(HubSettings? settings = null, HubPatience? patience = null) => new(new HubHttp(settings ?? Settings, patience ?? Quick, Said.Add));

    public async Task<HubSnapshot> Get(HubId id, HubChoice? choice = null, Action<HubProgress>? tell = null, CancellationToken stop = default)
    {
        using var client = Client();
        return await new HubDownload(client, Cache).Get(id, choice ?? HubChoice.Model, tell, stop);
    }

    public HubSettings Elsewhere(string endpoint, bool offline = false) => new() { Endpoint = new Uri(endpoint), Cache = Settings.Cache, Offline = offline };

    /// <summary>A model with small files and one that lies in the storage.</summary>
    public FakeRepository AddModel(string name = "org/model", int bytes = 300_000)
    {
        byte[] weights = new byte[bytes];
        new Random(1).NextBytes(weights);
        return Fake.Add(name).With("config.json", "{\"model_type\": \"bert\"}").With("tokenizer.json", "{}").With("README.md", "# It").With("modeling_x.py", "print()")
            .With("pytorch_model.bin", [1, 2, 3]).With("model.safetensors", weights);
    }

    public async ValueTask DisposeAsync()
    {
        await Fake.DisposeAsync();
        folder.Dispose();
        Assert.Empty(Fake.Wrongs);
    }
}
