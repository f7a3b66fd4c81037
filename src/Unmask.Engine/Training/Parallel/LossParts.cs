using Unmask.Engine.Objectives.Losses;

namespace Unmask.Engine.Training.Parallel;

/// <summary>Losses of parts, on their way to other processes. Each has the place of its first row, so that they can be added in the same order everywhere.</summary>
internal static class LossParts
{
    public static byte[] Pack(IReadOnlyList<(int FirstRow, LossResult Loss)> parts)
    {
        using var bytes = new MemoryStream();
        using (var to = new BinaryWriter(bytes)) Write(parts, to);
        return bytes.ToArray();
    }

    public static IReadOnlyList<(int FirstRow, LossResult Loss)> Unpack(byte[] bytes)
    {
        using var from = new BinaryReader(new MemoryStream(bytes));
        return Read(from);
    }

    public static void Write(IReadOnlyList<(int FirstRow, LossResult Loss)> parts, BinaryWriter to)
    {
        to.Write(parts.Count);
        foreach (var (firstRow, loss) in parts)
        {
            to.Write(firstRow);
            loss.Write(to);
        }
    }

    public static IReadOnlyList<(int FirstRow, LossResult Loss)> Read(BinaryReader from) =>
        [.. Enumerable.Range(0, from.ReadInt32()).Select(_ => (from.ReadInt32(), LossResult.Read(from)))];
}
