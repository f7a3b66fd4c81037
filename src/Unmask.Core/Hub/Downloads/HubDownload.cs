using System.Security.Cryptography;
using System.Text;
using Unmask.Core.Hub.Caching;
using Unmask.Core.Hub.Http;
using Unmask.Core.Storage;

namespace Unmask.Core.Hub.Downloads;

/// <summary>A model or dataset in the cache.</summary>
/// <param name="Id">As it was asked for.</param>
/// <param name="Commit">The commit it is.</param>
/// <param name="Folder">Its folder.</param>
/// <param name="Files">Paths of the files that were asked for, below the folder.</param>
/// <param name="Note">What the person should know, such as that the Hub could not be asked; null for nothing.</param>
public sealed record HubSnapshot(HubId Id, string Commit, string Folder, IReadOnlyList<string> Files, string? Note = null);

/// <summary>Brings models and datasets into the cache. What is there is not asked for again, and what was cut off goes on where it stopped.</summary>
/// <param name="hub">The Hub.</param>
/// <param name="cache">The cache.</param>
public sealed class HubDownload(HubClient hub, HubCache cache)
{
    private const int AtOnce = 4;

    /// <summary>Free space that stays for others.</summary>
    private const long Reserve = 64L << 20;

    /// <summary>Bytes that are free on the disk of a folder.</summary>
    internal Func<string, long> FreeSpace { get; init; } = folder => new DriveInfo(folder).AvailableFreeSpace;

    /// <summary>Gets the wanted files of a revision.</summary>
    /// <param name="id">Which.</param>
    /// <param name="choice">Which files.</param>
    /// <param name="tell">Told how far it is, a few times a second; null for nobody.</param>
    /// <param name="stop">Ends it; what came is kept.</param>
    /// <exception cref="UserError">It is not there, may not be read, does not fit on the disk, or the Hub cannot be reached and the cache does not have it.</exception>
    public async Task<HubSnapshot> Get(HubId id, HubChoice choice, Action<HubProgress>? tell = null, CancellationToken stop = default)
    {
        var known = Cached(id, choice);
        if (id.IsPinned && known is not null) return known;
        string commit;
        IReadOnlyList<HubFile> files;
        try
        {
            commit = (await hub.Info(id, once: known is not null, stop)).Commit;
            files = HubListing.Read(cache.FolderOf(id), commit) ?? await hub.Files(id, commit, stop);
        }
        catch (UserError absent) when (HubErrors.IsAbsence(absent))
        {
            if (known is not null) return known with { Note = HubErrors.FaultOf(absent) == HubFault.Offline ? null : $"{absent.Message} What is in the cache is used: {id.Name} at {known.Commit}." };
            throw HubErrors.Of(HubErrors.FaultOf(absent)!.Value, $"{absent.Message} {id} is not whole in the cache {cache.Root} either.");
        }

        var wanted = choice.Of(id, files);
        await Bring(id, commit, wanted, file => hub.AddressOf(id, commit, file.Path), tell ?? (static _ => { }), stop);
        Keep(id, () =>
        {
            HubListing.Write(cache.FolderOf(id), commit, files);
            cache.Remember(id, commit);
        });
        return new HubSnapshot(id, commit, cache.SnapshotOf(id, commit), [.. wanted.Select(file => file.Path)]);
    }

    /// <summary>What the cache has of a revision, without a call; null when not every wanted file is there.</summary>
    public HubSnapshot? Cached(HubId id, HubChoice choice)
    {
        if (cache.CommitOf(id) is not { } commit) return null;
        string folder = cache.SnapshotOf(id, commit);
        if (HubListing.Read(cache.FolderOf(id), commit) is { } files)
        {
            var wanted = choice.Of(id, files);
            return wanted.All(file => cache.Has(id, commit, file)) ? new HubSnapshot(id, commit, folder, [.. wanted.Select(file => file.Path)]) : null;
        }

        return choice.IsWhole(folder)
            ? new HubSnapshot(id, commit, folder, [.. FileWalk.Files(folder).Select(path => Path.GetRelativePath(folder, path).Replace('\\', '/')).Order(StringComparer.Ordinal)])
            : null;
    }

    /// <summary>Gets files by addresses of their own, which belong to one commit that the Hub names with them.</summary>
    internal async Task<string> Bring(HubId id, IReadOnlyList<(string Path, Uri Address)> files, Action<HubProgress>? tell, CancellationToken stop)
    {
        HubFileFacts[] facts = new HubFileFacts[files.Count];
        await Each(Enumerable.Range(0, files.Count), async (i, token) => facts[i] = await hub.Facts(files[i].Address, new HubSubject(id, files[i].Path), token), stop);
        // A Hub that names no commit: one that these contents, and no others, give.
        string commit = facts.Select(fact => fact.Commit).FirstOrDefault(named => named is not null && HubId.IsCommit(named))
            ?? Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(string.Join('\n', facts.Select((fact, i) => $"{files[i].Path} {fact.Etag}")))));
        HubFile[] listed = [.. files.Select((file, i) => new HubFile(file.Path, facts[i].Bytes, facts[i].Etag))];
        var addresses = files.ToDictionary(file => file.Path, file => file.Address);
        await Bring(id, commit, listed, file => addresses[file.Path], tell ?? (static _ => { }), stop);
        Keep(id, () => cache.Remember(id, commit));
        return commit;
    }

    private async Task Bring(HubId id, string commit, IReadOnlyList<HubFile> wanted, Func<HubFile, Uri> addressOf, Action<HubProgress> tell, CancellationToken stop)
    {
        List<HubFile> missing = [.. wanted.Where(file => !cache.Has(id, commit, file)).OrderBy(file => file.Bytes)];
        if (missing.Count == 0) return;
        Keep(id, () =>
        {
            cache.Prepare(id);
            Directory.CreateDirectory(cache.SnapshotOf(id, commit));
        });
        CheckSpace(id, missing);
        var meter = new HubMeter(missing.Sum(file => file.Bytes), missing.Count, tell);
        await Each(missing, async (file, token) =>
        {
            await Bring(id, commit, file, addressOf(file), meter, token);
            meter.Finish();
        }, stop);
    }

    /// <summary>Brings one file.</summary>
    private async Task Bring(HubId id, string commit, HubFile file, Uri address, HubMeter meter, CancellationToken stop)
    {
        var about = new HubSubject(id, file.Path);
        HubFileFacts facts;
        try
        {
            facts = await hub.Facts(address, about, stop);
        }
        catch (UserError error) when (HubErrors.FaultOf(error) == HubFault.NoFile)
        {
            Keep(id, () => cache.RememberMissing(id, commit, file.Path));
            throw;
        }

        if (facts.Commit is { } other && other != commit) throw HubErrors.NotTheHub(hub.Settings, $"for {file.Path} of commit {commit} with one of {other}");
        if (facts.Bytes != file.Bytes) throw HubErrors.NotTheHub(hub.Settings, string.Create(CultureInfo.InvariantCulture, $"for {file.Path} with {facts.Bytes} bytes after listing {file.Bytes}"));
        await using var held = await HubLock.Take(cache.LockOf(id, facts.Etag), () => hub.Http.Say($"{file.Path} of {id.Name} is being downloaded by another; waiting for it."), stop);
        string blob = cache.BlobOf(id, facts.Etag);
        if (HubCache.Length(blob) == facts.Bytes)
        {
            meter.Pass(facts.Bytes, fromNetwork: false);
        }
        else
        {
            bool begun = false;
            using var download = new BlobDownload(hub.Http, about, address, blob, facts, more =>
            {
                // The first number is what was there.
                meter.Pass(more, fromNetwork: begun && more > 0);
                begun = true;
            });
            await download.Run(stop);
        }

        Keep(id, () => cache.Link(id, commit, file.Path, facts.Etag));
    }

    private static Task Each<T>(IEnumerable<T> all, Func<T, CancellationToken, Task> work, CancellationToken stop) =>
        Parallel.ForEachAsync(all, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stop }, async (one, token) => await work(one, token));

    /// <summary>Writes into the cache.</summary>
    private void Keep(HubId id, Action write)
    {
        try
        {
            write();
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            throw StorageFailure.Explain(failure, cache.FolderOf(id));
        }
    }

    private void CheckSpace(HubId id, IReadOnlyList<HubFile> missing)
    {
        long needed = missing.DistinctBy(file => file.Etag).Where(file => !File.Exists(cache.BlobOf(id, file.Etag))).Sum(file => Math.Max(0, file.Bytes - PartOf(id, file)));
        long free = FreeSpace(cache.Root);
        if (needed + Reserve > free)
        {
            throw new UserError($"{id} needs {Format.Bytes(needed)} more in {cache.Root}, and {Format.Bytes(free)} are free there. Free some space (`unmask hub cache list` shows its contents), or set HF_HUB_CACHE to a folder on another disk.");
        }
    }

    private long PartOf(HubId id, HubFile file) => new FileInfo(cache.BlobOf(id, file.Etag) + ".incomplete") is { Exists: true } part ? part.Length : 0;
}
