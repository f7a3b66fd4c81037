using System.Text;

namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>The filter <c>wordwrap</c>: Python's <c>textwrap</c> on each line, as Jinja calls it.</summary>
internal static class WordWrap
{
    public static TemplateValue Apply(TemplateValue value, CallArguments call)
    {
        if (!value.IsText) throw new TemplateFault(value.IsUndefined ? value.Reason : $"'wordwrap' needs a text, not {value.KindName}");
        var width = call.FindWhole(0, "width", 79);
        if (width <= 0) throw new TemplateFault($"the width of 'wordwrap' is {width}. It must be at least 1");
        var breakWords = call.FindFlag(1, "break_long_words", true);
        var between = call.FindText(2, "wrapstring") ?? "\n";
        var hyphens = call.FindFlag(3, "break_on_hyphens", true);
        call.Budget.Text(value.AsText.Length * 2L);
        call.Budget.Step(value.AsText.Length / 8);
        var wrapped = new StringBuilder();
        var lines = PythonText.SplitLines(value.AsText, keepEnds: false, call.Budget);
        for (var i = 0; i < lines.Count; i++)
        {
            if (i > 0) Append(between);
            var parts = Lines(lines[i], (int)Math.Min(width, int.MaxValue), breakWords, hyphens, call.Budget);
            for (var j = 0; j < parts.Count; j++)
            {
                if (j > 0) Append(between);
                Append(parts[j]);
            }
        }

        return wrapped.ToString();

        void Append(string part)
        {
            call.Budget.Text(part.Length);
            wrapped.Append(part);
        }
    }

    private static List<string> Lines(string text, int width, bool breakWords, bool hyphens, RenderBudget budget)
    {
        var chunks = new Stack<string>(Chunks(text, hyphens, budget).Reverse<string>());
        var lines = new List<string>();
        while (chunks.Count > 0)
        {
            budget.Step();
            var line = new List<string>();
            var length = 0;
            if (lines.Count > 0 && IsBlank(chunks.Peek())) chunks.Pop();
            while (chunks.Count > 0 && length + PythonText.Length(chunks.Peek()) <= width)
            {
                length += PythonText.Length(chunks.Peek());
                line.Add(chunks.Pop());
            }

            if (chunks.Count > 0 && PythonText.Length(chunks.Peek()) > width) Break(chunks, line, width, length, breakWords, hyphens, budget);
            if (line.Count > 0 && IsBlank(line[^1])) line.RemoveAt(line.Count - 1);
            if (line.Count > 0) lines.Add(string.Concat(line));
        }

        return lines;
    }

    /// <summary>A chunk that fits no line: cut, or alone on a line.</summary>
    private static void Break(Stack<string> chunks, List<string> line, int width, int length, bool breakWords, bool hyphens, RenderBudget budget)
    {
        var left = width - length;
        if (!breakWords || left <= 0)
        {
            if (line.Count == 0) line.Add(chunks.Pop());
            return;
        }

        var chunk = chunks.Pop();
        budget.Text(chunk.Length);
        var end = left;
        if (hyphens && PythonText.Length(chunk) > left)
        {
            var cut = PythonText.UnitOf(chunk, left);
            var hyphen = chunk.AsSpan(0, cut).LastIndexOf('-');
            if (hyphen > 0 && chunk.AsSpan(0, hyphen).IndexOfAnyExcept('-') >= 0) end = PythonText.Length(chunk.AsSpan(0, hyphen)) + 1;
        }

        var at = PythonText.UnitOf(chunk, end);
        line.Add(chunk[..at]);
        chunks.Push(chunk[at..]);
    }

    private static bool IsBlank(string chunk) => PythonText.Strip(chunk, start: true, end: true).Length == 0;

    private static bool IsSpace(char c) => c is '\t' or '\n' or '\v' or '\f' or '\r' or ' ';

    /// <summary>Words, blanks, and where hyphens break also the parts of words; dashes stand alone.</summary>
    private static List<string> Chunks(string text, bool hyphens, RenderBudget budget)
    {
        var chunks = new List<string>();
        for (var at = 0; at < text.Length;)
        {
            budget.Step();
            var start = at;
            if (IsSpace(text[at]))
            {
                while (at < text.Length && IsSpace(text[at])) at++;
                chunks.Add(text[start..at]);
                continue;
            }

            while (at < text.Length && !IsSpace(text[at])) at++;
            if (!hyphens) chunks.Add(text[start..at]);
            else
            {
                foreach (var part in Parts(text, start, at))
                {
                    budget.Step();
                    chunks.Add(part);
                }
            }
        }

        return chunks;
    }

    /// <summary>The pattern <c>wordsep_re</c> of textwrap by hand: a dash between words, and a hyphen between letters after which a line may break.</summary>
    private static IEnumerable<string> Parts(string text, int start, int end)
    {
        var from = start;
        for (var at = start; at < end;)
        {
            if (at > start && text[at] == '-' && IsWordPunctuation(text[at - 1]))
            {
                var stop = at;
                while (stop < end && text[stop] == '-') stop++;
                if (stop - at >= 2 && stop < end && IsWord(text[stop]))
                {
                    if (at > from) yield return text[from..at];
                    yield return text[at..stop];
                    (from, at) = (stop, stop);
                    continue;
                }
            }

            if (text[at] == '-' && at > from && at + 1 < end && BreaksAfter(text, at, end))
            {
                yield return text[from..(at + 1)];
                from = at + 1;
            }

            at++;
        }

        if (from < end) yield return text[from..end];
    }

    private static bool BreaksAfter(string text, int at, int end)
    {
        // Letters or hyphenated letters on both sides: two letters before, or a letter, a hyphen and a letter.
        var before = at >= 2 && IsLetter(text[at - 1]) && (IsLetter(text[at - 2]) || (text[at - 2] == '-' && at >= 3 && IsLetter(text[at - 3])));
        if (!before) return false;
        var next = at + 1;
        if (!IsLetter(text[next])) return false;
        var second = next + 1;
        if (second < end && text[second] == '-') second++;
        return second < end && IsLetter(text[second]);
    }

    private static bool IsLetter(char c) => IsWord(c) && !char.IsDigit(c);

    private static bool IsWord(char c) => c == '_' || TextClasses.IsWord(c);

    private static bool IsWordPunctuation(char c) => IsWord(c) || c is '!' or '"' or '\'' or '&' or '.' or ',' or '?';
}
