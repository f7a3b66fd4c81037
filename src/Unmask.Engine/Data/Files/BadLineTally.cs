using Unmask.Core.Data;

namespace Unmask.Engine.Data.Files;

/// <summary>Counts the records that could not be used and keeps the first of them to be told: a file may have as many of them as lines.</summary>
/// <param name="kept">How many are kept.</param>
internal sealed class BadLineTally(int kept)
{
    private readonly List<BadLine> first = [];

    public long Count { get; private set; }

    public IReadOnlyList<BadLine> First => first;

    public void Add(BadLine line)
    {
        Count++;
        if (first.Count < kept) first.Add(line);
    }

    public void Clear()
    {
        Count = 0;
        first.Clear();
    }
}
