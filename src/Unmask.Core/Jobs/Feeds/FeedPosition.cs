using Unmask.Core.Events;
using Unmask.Core.Jobs.Status;

namespace Unmask.Core.Jobs.Feeds;

/// <summary>
/// How much of a run a page has seen. As text it is the id of an event stream, e.g. <c>48213-9f0c6a5e1b2d3c4f-120</c>: it stays right when the
/// connection breaks and when the workbench starts anew.
/// </summary>
/// <param name="Events">Up to where its events were seen.</param>
/// <param name="Lines">How many lines of its log were seen.</param>
public readonly record struct FeedPosition(LogPlace Events, long Lines)
{
    /// <summary>Reads the text of a position; null when it is none.</summary>
    public static FeedPosition? Parse(string? text) =>
        text?.Split('-') is [var offset, var check, var lines]
        && long.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes)
        && ulong.TryParse(check, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong hash)
        && long.TryParse(lines, NumberStyles.None, CultureInfo.InvariantCulture, out long count)
            ? new(new LogPlace(bytes, hash), count)
            : null;

    /// <summary>The position as text.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Events.Offset}-{Events.Check:x}-{Lines}");
}

/// <summary>What happened to a run since the last batch. New lines of its log are counted in the position; its own page reads them.</summary>
/// <param name="Position">What is seen after it.</param>
/// <param name="Reset">Too much happened, or the run was set back to a checkpoint: what the page shows must be fetched anew; there are no events.</param>
/// <param name="Events">New events, in order.</param>
/// <param name="Run">The run, when something about it changed; else null.</param>
public sealed record FeedBatch(FeedPosition Position, bool Reset, IReadOnlyList<RunEvent> Events, RunOverview? Run);
