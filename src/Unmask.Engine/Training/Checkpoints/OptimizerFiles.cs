using Unmask.Engine.Modeling.Checkpoints.Safetensors;
using Unmask.Engine.Training.Optimization;

namespace Unmask.Engine.Training.Checkpoints;

/// <summary>
/// The optimizer's state in a checkpoint: <c>optimizer.safetensors</c>, or where several processes divide it one <c>optimizer-00001-of-00004.safetensors</c> each. What is a part of
/// a tensor tells its first element in the metadata, so that any number of processes can put the whole together again.
/// </summary>
internal static class OptimizerFiles
{
    private const string Pattern = "optimizer*.safetensors";
    private const string FromPrefix = "from.";

    /// <summary>Writes what this process holds.</summary>
    public static void Write(string folder, AdamW optimizer)
    {
        var (part, parts) = optimizer.Division;
        var name = parts == 1 ? "optimizer.safetensors" : string.Create(CultureInfo.InvariantCulture, $"optimizer-{part + 1:00000}-of-{parts:00000}.safetensors");
        var state = optimizer.State().ToArray();
        SafetensorsWriter.Write(
            Path.Combine(folder, name), [.. state.Select(tensor => new NamedTensor(tensor.Name, tensor.Value))],
            state.Where(tensor => tensor.From > 0).ToDictionary(tensor => FromPrefix + tensor.Name, tensor => tensor.From.ToString(CultureInfo.InvariantCulture)));
    }

    /// <summary>Reads what this process holds, from however many files.</summary>
    /// <exception cref="UserError">Something is missing.</exception>
    public static void Read(string folder, AdamW optimizer)
    {
        var files = Directory.GetFiles(folder, Pattern).Order(StringComparer.Ordinal).Select(SafetensorsFile.Open).ToArray();
        try
        {
            foreach (var wanted in optimizer.State()) Read(folder, files, wanted);
        }
        finally
        {
            foreach (var file in files) file.Dispose();
        }
    }

    private static void Read(string folder, SafetensorsFile[] files, OptimizerTensor wanted)
    {
        var flat = wanted.Value.view(-1);
        var (end, found) = (wanted.From + flat.numel(), 0L);
        foreach (var file in files.Where(file => file.Contains(wanted.Name)))
        {
            var from = file.Metadata.TryGetValue(FromPrefix + wanted.Name, out var text) ? long.Parse(text, CultureInfo.InvariantCulture) : 0;
            var (first, last) = (Math.Max(from, wanted.From), Math.Min(from + file[wanted.Name].Elements, end));
            if (first >= last) continue;
            using var part = flat.narrow(0, first - wanted.From, last - first);
            file.CopyTo(wanted.Name, first - from, part);
            found += last - first;
        }

        if (found != flat.numel())
        {
            throw new UserError($"{folder} lacks {flat.numel() - found} of {flat.numel()} elements of {wanted.Name}, a part of the optimizer's state; remove this checkpoint folder so that an older one is used.");
        }
    }
}
