namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>
/// Looks for one text in others, in time proportional to their length whatever they are: .NET's own search compares a long text again at every place
/// where it might begin.
/// </summary>
internal sealed class TextFinder
{
    /// <summary>From this length on the search of Knuth, Morris and Pratt is worth its table.</summary>
    private const int LongText = 32;

    private readonly string _wanted;
    private readonly int[]? _table;
    private readonly int[]? _reversed;

    public TextFinder(string wanted, RenderBudget budget)
    {
        _wanted = wanted;
        if (wanted.Length < LongText) return;
        budget.Step(wanted.Length / 8);
        _table = Table(wanted.Length, i => wanted[i]);
        _reversed = Table(wanted.Length, i => wanted[^(i + 1)]);
    }

    /// <summary>The first place at or behind <paramref name="from"/>, or -1.</summary>
    public int First(ReadOnlySpan<char> text, int from = 0)
    {
        if (_table is null)
        {
            var at = text[from..].IndexOf(_wanted, StringComparison.Ordinal);
            return at < 0 ? -1 : from + at;
        }

        var matched = 0;
        for (var i = from; i < text.Length; i++)
        {
            while (matched > 0 && text[i] != _wanted[matched]) matched = _table[matched - 1];
            if (text[i] == _wanted[matched]) matched++;
            if (matched == _wanted.Length) return i + 1 - matched;
        }

        return -1;
    }

    /// <summary>The last place that ends before <paramref name="end"/>, or -1.</summary>
    public int Last(ReadOnlySpan<char> text, int end)
    {
        if (_reversed is null) return text[..end].LastIndexOf(_wanted, StringComparison.Ordinal);
        var matched = 0;
        for (var i = end - 1; i >= 0; i--)
        {
            while (matched > 0 && text[i] != _wanted[^(matched + 1)]) matched = _reversed[matched - 1];
            if (text[i] == _wanted[^(matched + 1)]) matched++;
            if (matched == _wanted.Length) return i;
        }

        return -1;
    }

    /// <summary>For each length of a beginning, how long its longest end is that is a beginning, too.</summary>
    private static int[] Table(int length, Func<int, char> at)
    {
        var table = new int[length];
        for (int i = 1, matched = 0; i < length; i++)
        {
            while (matched > 0 && at(i) != at(matched)) matched = table[matched - 1];
            if (at(i) == at(matched)) matched++;
            table[i] = matched;
        }

        return table;
    }
}
