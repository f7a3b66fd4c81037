using Unmask.Core.Hub.Caching;
using Unmask.Core.Hub.Http;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Hub;

/// <summary>The cache as a person looks at it.</summary>
public sealed class CachedRepositoryTests
{
    private static readonly HubId Model = new(HubKind.Model, "org/model");

    [Fact]
    public async Task What_is_there_is_listed_with_commits_and_begun_parts()
    {
        await using var place = await HubPlace.Make();
        var (old, now) = await TwoCommits(place);
        File.WriteAllBytes(place.Cache.BlobOf(Model, "abc.incomplete"), new byte[10]);

        var found = Assert.Single(CachedRepository.In(place.Cache));

        Assert.Equal((HubKind.Model, "org/model", 10L), (found.Kind, found.Name, found.BegunBytes));
        Assert.Equal(new[] { old, now }.Order(), found.Commits.Select(commit => commit.Commit));
        Assert.Equal(["main"], found.Commits.Single(commit => commit.Commit == now).Refs);
        Assert.Empty(found.Commits.Single(commit => commit.Commit == old).Refs);
    }

    [Fact]
    public async Task Damage_is_found()
    {
        await using var place = await HubPlace.Make();
        var (_, now) = await TwoCommits(place);
        Assert.Empty(Assert.Single(CachedRepository.In(place.Cache)).Verify(_ => { }, default));

        string weights = Path.Combine(place.Cache.SnapshotOf(Model, now), "model.safetensors");
        string blob = Path.GetFullPath(new FileInfo(weights).LinkTarget!, Path.GetDirectoryName(weights)!);
        byte[] content = File.ReadAllBytes(blob);
        content[5] ^= 1;
        File.WriteAllBytes(blob, content);
        string config = Path.Combine(place.Cache.SnapshotOf(Model, now), "config.json");
        File.Delete(Path.GetFullPath(new FileInfo(config).LinkTarget!, Path.GetDirectoryName(config)!));
        var problems = Assert.Single(CachedRepository.In(place.Cache)).Verify(_ => { }, default);

        Assert.Contains(problems, problem => problem.StartsWith(blob) && problem.Contains("does not hold"));
        Assert.Contains(problems, problem => problem.StartsWith(config) && problem.Contains("leads nowhere"));
        // What is damaged in size only is fetched again by the next download.
        Assert.Equal("{\"new\": 1}", File.ReadAllText(Path.Combine((await place.Get(Model)).Folder, "config.json")));
    }

    [Fact]
    public async Task One_commit_goes_and_the_other_stays_whole()
    {
        await using var place = await HubPlace.Make();
        var (old, now) = await TwoCommits(place);

        Assert.Single(CachedRepository.In(place.Cache)).Remove(place.Cache, now);

        var left = Assert.Single(CachedRepository.In(place.Cache));
        Assert.Equal([old], left.Commits.Select(commit => commit.Commit));
        Assert.Empty(left.Verify(_ => { }, default));
        Assert.False(File.Exists(Path.Combine(left.Folder, "refs", "main")));
        left.Remove(place.Cache, null);
        Assert.Empty(CachedRepository.In(place.Cache));
    }

    [Fact]
    public async Task What_is_being_downloaded_stays()
    {
        await using var place = await HubPlace.Make();
        await TwoCommits(place);
        await using (await HubLock.Take(place.Cache.LockOf(Model, "abc"), () => { }, default))
        {
            Assert.Contains("being downloaded", Assert.Throws<UserError>(() => Assert.Single(CachedRepository.In(place.Cache)).Remove(place.Cache, null)).Message);
        }
    }

    private static async Task<(string Old, string Now)> TwoCommits(HubPlace place)
    {
        var repository = place.AddModel();
        string old = (await place.Get(Model)).Commit;
        byte[] weights = repository.Files[old]["model.safetensors"].Content;
        repository.Move("main");
        repository.With("config.json", "{\"new\": 1}").With("tokenizer.json", "{}").With("model.safetensors", weights);
        return (old, (await place.Get(Model)).Commit);
    }
}
