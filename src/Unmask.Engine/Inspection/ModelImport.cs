using Unmask.Core.Models;
using Unmask.Core.Storage;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Text.Tokenizers.Files;

namespace Unmask.Engine.Inspection;

/// <summary>Takes a model or an adapter over from elsewhere: weights as safetensors and small files of JSON and text; nothing that can execute.</summary>
public static class ModelImport
{
    private const string Weights = ".safetensors";

    /// <summary>Makes the new folder.</summary>
    /// <param name="path">Where it comes from.</param>
    /// <param name="target">Folder to make. It must be new or empty.</param>
    /// <param name="link">Whether weights are linked and not copied.</param>
    /// <param name="passed">Called with bytes done and bytes in all; what it throws ends the work and leaves nothing.</param>
    /// <returns>What was looked at, and the files that were left out.</returns>
    /// <exception cref="UserError">It is not supported as it is, a file of it is a link out of the folder, or the disk refuses.</exception>
    public static (ModelInspection Model, IReadOnlyList<string> LeftOut) Take(string path, string target, bool link, Action<long, long> passed)
    {
        ModelFolder.RefuseUsed(target);
        // First of all: not even a look is taken at what a link leads to.
        var bounds = new FolderBounds(path);
        if (Directory.Exists(path)) UserError.ThrowIfAny([.. bounds.Files().Where(name => !name.Contains('/', StringComparison.Ordinal) && IsTaken(name)).Concat(ChatTemplateFiles.FurtherFiles(path)).Select(bounds.Problem).OfType<string>()]);
        var model = ModelInspector.Look(path);
        UserError.ThrowIfAny(model.Problems);
        var taken = model.Files.Where(file => IsTaken(file.Name)).ToArray();
        var (done, total) = (0L, taken.Where(file => !link || !IsWeights(file.Name)).Sum(file => file.Bytes));
        passed(done, total);
        ModelFolder.Save(target, partial =>
        {
            foreach (var file in taken)
            {
                var (from, to) = (Path.GetFullPath(Path.Combine(path, file.Name)), Path.Combine(partial, file.Name));
                if (link && IsWeights(file.Name)) File.CreateSymbolicLink(to, from);
                else Copy(bounds, file.Name, to, bytes => passed(done += bytes, total));
            }
        });
        return (model, [.. model.Files.Select(file => file.Name).Except(taken.Select(file => file.Name))]);
    }

    private static bool IsTaken(string name) => IsWeights(name) || PlainFiles.IsText(name);

    private static bool IsWeights(string name) => name.EndsWith(Weights, StringComparison.OrdinalIgnoreCase);

    private static void Copy(FolderBounds bounds, string name, string to, Action<int> passed)
    {
        using var source = bounds.Open(name);
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        using var copy = new FileStream(to, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        var buffer = new byte[1 << 20];
        while (source.Read(buffer) is > 0 and var read)
        {
            copy.Write(buffer.AsSpan(0, read));
            passed(read);
        }

        copy.Flush(flushToDisk: true);
    }
}
