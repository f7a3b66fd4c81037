using Unmask.Primitives;

namespace Unmask.Tests.Fuzz.Targets;

/// <summary>A file that is read from a folder, as those of models are.</summary>
/// <param name="name">Name of the kind.</param>
/// <param name="file">Name of the file.</param>
/// <param name="seeds">Valid contents.</param>
/// <param name="read">Reads it, given its folder.</param>
/// <param name="words">Words of the format.</param>
internal sealed class FolderTarget(string name, string file, IEnumerable<byte[]> seeds, Action<string> read, params string[] words) : IFuzzTarget, IDisposable
{
    private readonly Lazy<DirectoryInfo> folder = new(() => Directory.CreateTempSubdirectory("unmask-fuzz-"));

    public string Name => name;

    public IReadOnlyList<byte[]> Seeds { get; } = [.. seeds];

    public IReadOnlyList<string> Words => words;

    public void Run(byte[] input)
    {
        File.WriteAllBytes(Path.Combine(folder.Value.FullName, file), input);
        read(folder.Value.FullName);
    }

    public bool IsRefusal(Exception error) => error is UserError;

    public void Dispose()
    {
        if (folder.IsValueCreated) folder.Value.Delete(recursive: true);
    }
}
