using Unmask.Core.Hub.Http;

namespace Unmask.Core.Hub.Caching;

/// <summary>A file of a repository at one commit.</summary>
/// <param name="Path">Its path, with forward slashes.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Oid">Its SHA-1 as git reckons it; of a large file that of its pointer.</param>
/// <param name="Sha256">SHA-256 of a large file; null for a small one.</param>
public sealed record HubFile(string Path, long Bytes, string Oid, string? Sha256 = null)
{
    /// <summary>Its name among the blobs of the cache.</summary>
    public string Etag => Sha256 ?? Oid;
}

/// <summary>What the Hub says of a model or dataset.</summary>
/// <param name="Id">Which.</param>
/// <param name="Commit">The commit that the revision means now.</param>
/// <param name="Files">Paths of its files, in the Hub's order, with sizes where it tells them.</param>
public sealed record HubInfo(HubId Id, string Commit, IReadOnlyList<(string Path, long? Bytes)> Files)
{
    public bool Private { get; init; }

    /// <summary>Do its owners grant access one by one?</summary>
    public bool Gated { get; init; }

    public long? Downloads { get; init; }

    public long? Likes { get; init; }

    public DateTimeOffset? Changed { get; init; }

    public string? License { get; init; }

    /// <summary>What it is for, as its card says, e.g. fill-mask.</summary>
    public string? Task { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];
}

/// <summary>Something that a search found.</summary>
public sealed record HubFound(HubId Id, long? Downloads, long? Likes, DateTimeOffset? Changed, string? Task, bool Gated, bool Private);

/// <summary>What the Hub says of one file when it is asked for.</summary>
/// <param name="Etag">Name of its content; the name of the blob.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Commit">The commit it was taken from; null where the answer does not say.</param>
internal sealed record HubFileFacts(string Etag, long Bytes, string? Commit);
