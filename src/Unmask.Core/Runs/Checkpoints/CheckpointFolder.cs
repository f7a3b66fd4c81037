using System.Text.RegularExpressions;
using Unmask.Core.Storage;

namespace Unmask.Core.Runs.Checkpoints;

/// <summary>A checkpoint on disk, <c>checkpoints/step-000250</c>.</summary>
/// <param name="Path">Its folder.</param>
/// <param name="Step">The step in its name.</param>
public sealed partial record CheckpointFolder(string Path, long Step)
{
    /// <summary>Name of the folder for a step.</summary>
    public static string NameOf(long step) => string.Create(CultureInfo.InvariantCulture, $"step-{step:D6}");

    /// <summary>The checkpoint at <paramref name="path"/>; null when the folder's name is none of a checkpoint.</summary>
    public static CheckpointFolder? At(string path) =>
        StepName().Match(System.IO.Path.GetFileName(path)) is { Success: true } match
        && long.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out long step)
            ? new(path, step)
            : null;

    /// <summary>Whether a person wants it kept: it is not removed to make room for newer ones.</summary>
    public bool IsKept => File.Exists(KeepMark);

    /// <summary>Stands beside it, so that what is in it stays as its manifest says.</summary>
    private string KeepMark => $"{Path}.keep";

    /// <summary>Keeps it, or lets it be removed in its turn.</summary>
    public void Keep(bool keep)
    {
        if (keep) File.WriteAllBytes(KeepMark, []);
        else File.Delete(KeepMark);
    }

    /// <summary>Deletes it, so that it is never seen half deleted.</summary>
    public void Remove()
    {
        FolderDraft.Remove(Path);
        Keep(false);
    }

    /// <summary>Its manifest; null when that is absent or damaged.</summary>
    public CheckpointManifest? Manifest => CheckpointManifest.Read(System.IO.Path.Combine(Path, CheckpointManifest.FileName));

    /// <summary>Compares every file with the manifest: sizes first, then contents.</summary>
    /// <returns>What is wrong, to stand in a sentence; null when all is well.</returns>
    public string? Fault()
    {
        if (!File.Exists(System.IO.Path.Combine(Path, CheckpointManifest.FileName))) return "manifest.json is missing";
        if (Manifest is not { } manifest) return "manifest.json is damaged";
        if (manifest.Step != Step) return $"manifest.json is that of step {manifest.Step}";
        try
        {
            foreach (CheckpointFile file in manifest.Files)
            {
                var found = new FileInfo(System.IO.Path.Combine(Path, file.Name));
                if (!found.Exists) return $"{file.Name} is missing";
                if (found.Length != file.Bytes) return $"{file.Name} has {found.Length} bytes instead of {file.Bytes}";
            }

            foreach (CheckpointFile file in manifest.Files)
            {
                if (FileDigest.Of(System.IO.Path.Combine(Path, file.Name)).Sha256 != file.Sha256) return $"the content of {file.Name} has changed since it was saved";
            }
        }
        catch (Exception unreadable) when (StorageFailure.IsStorage(unreadable))
        {
            return $"it cannot be read ({unreadable.Message.TrimEnd('.')})";
        }

        return null;
    }

    [GeneratedRegex(@"^step-(\d{6,18})$")]
    private static partial Regex StepName();
}
