namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>
/// What one rendering may spend, so that a hostile or broken template ends with a sentence instead of hanging the program. A chat template
/// on a long conversation needs a few thousand steps.
/// </summary>
internal sealed class RenderBudget(long steps, long characters)
{
    /// <summary>Calls of macros and recursive loops inside each other.</summary>
    public const int DeepestCall = 200;

    /// <summary>The longest <c>range()</c>, as in Jinja's sandbox.</summary>
    public const int LongestRange = 100_000;

    /// <summary>The longest template. Published ones have less than 30,000 characters.</summary>
    public const int LongestTemplate = 500_000;

    private const long UsualSteps = 4_000_000;
    private const long UsualCharacters = 32L << 20;

    private long _steps = steps;
    private long _characters = characters;

    public static RenderBudget Usual() => new(UsualSteps, UsualCharacters);

    public static RenderBudget Unlimited() => new(long.MaxValue, long.MaxValue);

    /// <summary>Pays for work on <paramref name="count"/> items, before it is done.</summary>
    public void Step(long count = 1)
    {
        _steps -= count;
        if (_steps < 0) throw new TemplateFault($"the template does more than {UsualSteps:N0} steps of work, which no chat template needs; does it loop over itself?");
    }

    /// <summary>Pays for one look through a text of this length.</summary>
    public void Scan(long length) => Step(1 + (length / 64));

    /// <summary>Pays for a text of <paramref name="length"/> characters, before it is made.</summary>
    public void Text(long length)
    {
        _characters -= length;
        Step(length / 256);
        if (_characters < 0 || length > UsualCharacters) throw new TemplateFault($"the template makes more than {UsualCharacters >> 20} million characters of text");
    }
}
