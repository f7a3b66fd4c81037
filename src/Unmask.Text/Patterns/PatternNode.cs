namespace Unmask.Text.Patterns;

/// <summary>A pattern as parsed, before it becomes a program.</summary>
internal abstract record PatternNode
{
    /// <summary>Fewest and most code points a match can have; null where there is no most.</summary>
    public abstract (int Least, int? Most) Width { get; }
}

internal sealed record EmptyNode : PatternNode
{
    public override (int, int?) Width => (0, 0);
}

internal sealed record SetNode(CodePointSet Set) : PatternNode
{
    public override (int, int?) Width => (1, 1);
}

internal sealed record AnchorNode(AnchorKind Kind) : PatternNode
{
    public override (int, int?) Width => (0, 0);
}

internal enum AnchorKind
{
    LineStart,
    LineEnd,
    TextStart,
    TextEnd,
    TextEndBeforeNewline,
    WordBoundary,
    NotWordBoundary,
}

internal sealed record SequenceNode(IReadOnlyList<PatternNode> Items) : PatternNode
{
    public override (int, int?) Width => (
        (int)Math.Min(Items.Sum(n => (long)n.Width.Least), int.MaxValue / 2),
        Items.Any(n => n.Width.Most is null) ? null : (int)Math.Min(Items.Sum(n => (long)n.Width.Most!.Value), int.MaxValue / 2));
}

internal sealed record ChoiceNode(IReadOnlyList<PatternNode> Options) : PatternNode
{
    public override (int, int?) Width => (
        Options.Min(n => n.Width.Least), Options.Any(n => n.Width.Most is null) ? null : Options.Max(n => n.Width.Most));
}

internal enum Greed
{
    Greedy,
    Lazy,
    Possessive,
}

internal sealed record RepeatNode(PatternNode Body, int Least, int? Most, Greed Greed) : PatternNode
{
    public override (int, int?) Width => (
        (int)Math.Min((long)Body.Width.Least * Least, int.MaxValue / 2),
        Most is { } most && Body.Width.Most is { } width ? (int)Math.Min((long)most * width, int.MaxValue / 2) : Body.Width.Most == 0 ? 0 : null);
}

internal sealed record AtomicNode(PatternNode Body) : PatternNode
{
    public override (int, int?) Width => Body.Width;
}

internal sealed record LookNode(PatternNode Body, bool Behind, bool Negative) : PatternNode
{
    public override (int, int?) Width => (0, 0);
}
