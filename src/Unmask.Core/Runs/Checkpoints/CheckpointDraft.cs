using Unmask.Core.Storage;

namespace Unmask.Core.Runs.Checkpoints;

/// <summary>A checkpoint in the making. Write files with <see cref="Create"/> or into <see cref="Path"/>, then <see cref="Complete"/>.</summary>
public sealed class CheckpointDraft : IDisposable
{
    private readonly FolderDraft folder;
    private readonly CheckpointManifest manifest;

    internal CheckpointDraft(FolderDraft folder, CheckpointManifest manifest)
    {
        this.folder = folder;
        this.manifest = manifest;
    }

    /// <summary>Where the files lie until the checkpoint is complete.</summary>
    public string Path => folder.Path;

    /// <summary>A new file, hashed as it is written. Failures to write are <see cref="UserError"/>s.</summary>
    public Stream Create(string name) => folder.Create(name);

    /// <summary>Writes the manifest, flushes everything to the disk, and gives the checkpoint its name.</summary>
    /// <exception cref="UserError">The disk failed; no checkpoint was added and none was lost.</exception>
    public CheckpointFolder Complete()
    {
        try
        {
            CheckpointFile[] files = [.. FileWalk.Files(folder.Path)
                .Select(path => (path, name: System.IO.Path.GetRelativePath(folder.Path, path).Replace(System.IO.Path.DirectorySeparatorChar, '/')))
                .Select(file => (file.name, digest: folder.Written.TryGetValue(file.name, out FileDigest known) ? known : FileDigest.Of(file.path)))
                .Select(file => new CheckpointFile(file.name, file.digest.Bytes, file.digest.Sha256))
                .OrderBy(file => file.Name, StringComparer.Ordinal)];
            using (Stream last = folder.Create(CheckpointManifest.FileName)) last.Write((manifest with { Files = files }).ToBytes());
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            throw StorageFailure.Explain(failure, folder.Target);
        }

        folder.Complete();
        return new(folder.Target, manifest.Step);
    }

    public void Dispose() => folder.Dispose();
}
