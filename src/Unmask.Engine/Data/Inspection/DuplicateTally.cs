using System.IO.Hashing;
using System.Runtime.InteropServices;
using Unmask.Engine.Data.Rows.Values;

namespace Unmask.Engine.Data.Inspection;

/// <summary>Counts rows that are equal to an earlier one, by hashes of 64 bits: two different rows have the same by chance in one of some millions of datasets of a million rows.</summary>
internal sealed class DuplicateTally
{
    /// <summary>Hashes that are kept: about 100 MB.</summary>
    private const int Most = 4_000_000;

    private readonly HashSet<ulong> met = [];

    public long Count { get; private set; }

    /// <summary>Rows that were looked at.</summary>
    public long Rows { get; private set; }

    public static ulong HashOf(Row row)
    {
        var hash = new XxHash3();
        foreach (var (name, value) in row.Values)
        {
            hash.Append(MemoryMarshal.AsBytes($"{name}\0{value?.ToJsonString()}\0".AsSpan()));
        }

        return hash.GetCurrentHashAsUInt64();
    }

    public void Add(ulong hash)
    {
        if (met.Count >= Most) return;
        Rows++;
        if (!met.Add(hash)) Count++;
    }
}
