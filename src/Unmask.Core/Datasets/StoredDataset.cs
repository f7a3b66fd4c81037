namespace Unmask.Core.Datasets;

/// <summary>A dataset of the workbench: a folder with its files and <c>dataset.json</c>.</summary>
/// <param name="Id">Name of its folder: small letters, digits and dashes.</param>
/// <param name="Title">What people call it.</param>
/// <param name="Files">Its files with rows, by name.</param>
/// <param name="Source">Where it came from: upload, sample, or the path it was copied from.</param>
/// <param name="Added">When.</param>
public sealed record StoredDataset(string Id, string Title, IReadOnlyList<StoredFile> Files, string Source, DateTimeOffset Added)
{
    /// <summary>Why its description cannot be read, in a sentence; null when it can. One that cannot has no files to show; it can be deleted.</summary>
    public string? Problem { get; init; }

    /// <summary>All bytes of its files.</summary>
    public long Bytes => Math.Clamp(Files.Aggregate(0L, (all, file) => all + file.Bytes), 0, 1L << 50);
}

/// <summary>A file of a dataset.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">Its content's SHA-256, lower-case hex.</param>
public sealed record StoredFile(string Name, long Bytes, string Sha256);
