namespace Unmask.Engine.Data.Files;

/// <summary>The rows of some files, one after another, that are meant. The files share one object of it.</summary>
/// <param name="skip">Rows passed over at the start.</param>
/// <param name="take">Rows taken then; null for all.</param>
public sealed class RowShare(long skip, long? take)
{
    /// <summary>Rows passed over at the start.</summary>
    public long Skip => skip;

    /// <summary>Rows taken then; null for all.</summary>
    public long? Take => take;
}

/// <summary>Counts the rows of one reading against the shares of its files.</summary>
internal sealed class RowShares
{
    private readonly Dictionary<RowShare, long> read = [];

    /// <summary>Can no further row of the file be meant?</summary>
    public bool IsPast(DataFile file) => file.Share is { Take: { } take } share && read.GetValueOrDefault(share) >= share.Skip + take;

    /// <summary>Counts the next row of the file; true when it is meant.</summary>
    public bool Takes(DataFile file)
    {
        if (file.Share is not { } share) return true;
        bool isPast = IsPast(file);
        var number = read.GetValueOrDefault(share);
        read[share] = number + 1;
        return !isPast && number >= share.Skip;
    }
}
