using Unmask.Text.Json;
using Unmask.Text.Tokenizers.Alignment;

namespace Unmask.Text.Tokenizers.PreTokenizers;

/// <summary>What becomes of the delimiter when text is cut at it. With "-" as delimiter, "the-final--countdown" gives:</summary>
internal enum SplitBehavior
{
    /// <summary>the final countdown</summary>
    Removed,

    /// <summary>the - final - - countdown</summary>
    Isolated,

    /// <summary>the- final- - countdown</summary>
    MergedWithPrevious,

    /// <summary>the -final - -countdown</summary>
    MergedWithNext,

    /// <summary>the - final -- countdown</summary>
    Contiguous,
}

internal static class SplitBehaviors
{
    public static SplitBehavior Read(JsonField field) => field.AsString() switch
    {
        "Removed" or "removed" => SplitBehavior.Removed,
        "Isolated" or "isolated" => SplitBehavior.Isolated,
        "MergedWithPrevious" or "merged_with_previous" => SplitBehavior.MergedWithPrevious,
        "MergedWithNext" or "merged_with_next" => SplitBehavior.MergedWithNext,
        "Contiguous" or "contiguous" => SplitBehavior.Contiguous,
        var other => throw field.Error($"is \"{Excerpt.Of(other)}\". It must be Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous."),
    };

    /// <summary>Adds the parts of <paramref name="piece"/> that remain of <paramref name="parts"/> under a behavior.</summary>
    public static void Split(Piece piece, List<(int Start, int End, bool IsMatch)> parts, SplitBehavior behavior, List<Piece> into)
    {
        switch (behavior)
        {
            case SplitBehavior.Removed:
            case SplitBehavior.Isolated:
                foreach (var (start, end, isMatch) in parts)
                    if (!isMatch || behavior == SplitBehavior.Isolated) Add(piece, start, end, into);
                return;
            case SplitBehavior.MergedWithNext:
                SplitBackwards(piece, parts, into);
                return;
        }
        bool previous = false;
        (int Start, int End)? open = null;
        foreach (var (start, end, isMatch) in parts)
        {
            bool joins = behavior == SplitBehavior.Contiguous ? isMatch == previous : isMatch && !previous;
            previous = isMatch;
            if (joins && open is { } last)
            {
                open = (last.Start, end);
                continue;
            }
            if (open is { } done) Add(piece, done.Start, done.End, into);
            open = (start, end);
        }
        if (open is { } rest) Add(piece, rest.Start, rest.End, into);
    }

    private static void SplitBackwards(Piece piece, List<(int Start, int End, bool IsMatch)> parts, List<Piece> into)
    {
        bool previous = false;
        var merged = new List<(int Start, int End)>(parts.Count);
        for (int i = parts.Count - 1; i >= 0; i--)
        {
            var (start, end, isMatch) = parts[i];
            if (isMatch && !previous && merged.Count > 0) merged[^1] = (start, merged[^1].End);
            else merged.Add((start, end));
            previous = isMatch;
        }
        for (int i = merged.Count - 1; i >= 0; i--) Add(piece, merged[i].Start, merged[i].End, into);
    }

    private static void Add(Piece piece, int start, int end, List<Piece> into)
    {
        if (end > start) into.Add(piece.Slice(start, end));
    }
}
