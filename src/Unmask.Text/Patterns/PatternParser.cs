using Unmask.Text.Unicode;

namespace Unmask.Text.Patterns;

/// <summary>
/// Reads a regular expression in Oniguruma's Ruby syntax, which is what patterns in <c>tokenizer.json</c> are written in. Groups do
/// not capture, as nothing asks for captures; back-references, conditions and subroutine calls are refused.
/// </summary>
internal sealed class PatternParser
{
    private const int DeepestNesting = 200;
    private const int LargestCount = 100_000;

    private readonly string _source;
    private int _at;
    private int _depth;
    private bool _ignoreCase;
    private bool _extended;
    private bool _dotMatchesNewline;

    private PatternParser(string source) => _source = source;

    /// <exception cref="FormatException">The pattern has a fault or uses something that is not supported; the message says what.</exception>
    public static PatternNode Parse(string source)
    {
        var parser = new PatternParser(source);
        var node = parser.ParseChoice();
        if (parser._at < source.Length) throw new FormatException("has a ) with no ( before it");
        return node;
    }

    private bool AtEnd => _at >= _source.Length;

    private PatternNode ParseChoice()
    {
        if (++_depth > DeepestNesting) throw new FormatException($"is nested deeper than {DeepestNesting} groups");
        var options = new List<PatternNode> { ParseSequence() };
        while (!AtEnd && _source[_at] == '|')
        {
            _at++;
            options.Add(ParseSequence());
        }
        _depth--;
        return options.Count == 1 ? options[0] : new ChoiceNode(options);
    }

    private PatternNode ParseSequence()
    {
        var items = new List<PatternNode>();
        while (!AtEnd && _source[_at] is not ('|' or ')'))
        {
            if (_extended && SkipExtended()) continue;
            // (?i) without a colon holds to the end of the enclosing group, alternatives included.
            if (_source.AsSpan(_at).StartsWith("(?") && TryOptionsToEndOfGroup() is { } rest)
            {
                items.Add(rest);
                break;
            }
            var atom = ParseAtom();
            if (atom is not null) items.Add(ParseQuantifiers(atom));
        }
        return items.Count switch { 0 => new EmptyNode(), 1 => items[0], _ => new SequenceNode(items) };
    }

    private bool SkipExtended()
    {
        if (char.IsWhiteSpace(_source[_at]))
        {
            _at++;
            return true;
        }
        if (_source[_at] != '#') return false;
        while (!AtEnd && _source[_at] != '\n') _at++;
        return true;
    }

    private PatternNode? TryOptionsToEndOfGroup()
    {
        int end = _at + 2;
        while (end < _source.Length && _source[end] is 'i' or 'm' or 'x' or 's' or '-' or 'u') end++;
        if (end == _at + 2 || end >= _source.Length || _source[end] != ')') return null;
        var saved = (_ignoreCase, _extended, _dotMatchesNewline);
        SetOptions(_source[(_at + 2)..end]);
        _at = end + 1;
        var rest = ParseChoice();
        (_ignoreCase, _extended, _dotMatchesNewline) = saved;
        return rest;
    }

    private void SetOptions(string letters)
    {
        bool on = true;
        foreach (var letter in letters)
        {
            switch (letter)
            {
                case '-':
                    on = false;
                    break;
                case 'i':
                    _ignoreCase = on;
                    break;
                case 'x':
                    _extended = on;
                    break;
                // Ruby calls it m, everyone else s.
                case 'm' or 's':
                    _dotMatchesNewline = on;
                    break;
            }
        }
    }

    private PatternNode? ParseAtom()
    {
        var c = _source[_at];
        switch (c)
        {
            case '(':
                return ParseGroup();
            case '[':
                _at++;
                return new SetNode(new PatternClassParser(_source, _at, _ignoreCase).Parse(out _at));
            case '.':
                _at++;
                return new SetNode(_dotMatchesNewline ? CodePointSet.Any : CodePointSet.AnyButNewline);
            case '^':
                _at++;
                return new AnchorNode(AnchorKind.LineStart);
            case '$':
                _at++;
                return new AnchorNode(AnchorKind.LineEnd);
            case '*' or '+' or '?':
                throw new FormatException($"has a {c} at position {_at} with nothing before it to repeat");
            case '\\':
                return ParseEscape();
            default:
                int codePoint = CodePoints.At(_source, _at, out int units);
                _at += units;
                return Literal(codePoint);
        }
    }

    private CodePointSet CaseOf(CodePointSet set) => _ignoreCase ? set.IgnoringCase() : set;

    private SetNode Literal(int codePoint) => new(CaseOf(CodePointSet.Of(codePoint)));

    private PatternNode? ParseGroup()
    {
        int opened = _at++;
        var saved = (_ignoreCase, _extended, _dotMatchesNewline);
        Func<PatternNode, PatternNode> wrap = node => node;
        if (!AtEnd && _source[_at] == '?')
        {
            var rest = _source.AsSpan(_at);
            if (rest.StartsWith("?#"))
            {
                while (!AtEnd && _source[_at] != ')') _at++;
                if (AtEnd) throw new FormatException("has a comment (?# that does not end");
                _at++;
                return null;
            }
            if (Take(rest, "?:")) { }
            else if (Take(rest, "?=")) wrap = node => new LookNode(node, false, false);
            else if (Take(rest, "?!")) wrap = node => new LookNode(node, false, true);
            else if (Take(rest, "?<=")) wrap = node => Behind(node, false);
            else if (Take(rest, "?<!")) wrap = node => Behind(node, true);
            else if (Take(rest, "?>")) wrap = node => new AtomicNode(node);
            else if (Take(rest, "?<") || Take(rest, "?P<") || Take(rest, "?'"))
            {
                while (!AtEnd && _source[_at] is not ('>' or '\'')) _at++;
                _at++;
            }
            else
            {
                int end = _at + 1;
                while (end < _source.Length && _source[end] is 'i' or 'm' or 'x' or 's' or '-' or 'u') end++;
                if (end >= _source.Length || _source[end] != ':' || end == _at + 1)
                    throw new FormatException($"has a group at position {opened} of a kind that is not supported");
                SetOptions(_source[(_at + 1)..end]);
                _at = end + 1;
            }
        }
        var body = ParseChoice();
        if (AtEnd) throw new FormatException($"has a ( at position {opened} that is not closed");
        _at++;
        (_ignoreCase, _extended, _dotMatchesNewline) = saved;
        return wrap(body);
    }

    private static LookNode Behind(PatternNode body, bool negative) => body.Width.Most is null or > 1000
        ? throw new FormatException("looks behind at something of no limited length")
        : new LookNode(body, true, negative);

    private bool Take(ReadOnlySpan<char> rest, string opening)
    {
        if (!rest.StartsWith(opening)) return false;
        _at += opening.Length;
        return true;
    }

    private PatternNode ParseEscape()
    {
        if (_at + 1 >= _source.Length) throw new FormatException("ends with a \\");
        var c = _source[_at + 1];
        AnchorKind? anchor = c switch
        {
            'A' => AnchorKind.TextStart,
            'z' => AnchorKind.TextEnd,
            'Z' => AnchorKind.TextEndBeforeNewline,
            'b' => AnchorKind.WordBoundary,
            'B' => AnchorKind.NotWordBoundary,
            _ => null,
        };
        if (anchor is { } kind)
        {
            _at += 2;
            return new AnchorNode(kind);
        }
        if (c is >= '1' and <= '9' or 'k' or 'g') throw new FormatException($"has a back-reference or call (\\{c}), which is not supported");
        if (c is 'X' or 'K' or 'G') throw new FormatException($"has \\{c}, which is not supported");
        if (c == 'R')
        {
            _at += 2;
            var pair = new SequenceNode([new SetNode(CodePointSet.Of('\r')), new SetNode(CodePointSet.Of('\n'))]);
            return new AtomicNode(new ChoiceNode([pair, new SetNode(new CodePointSet(x => x is >= 10 and <= 13 or 0x85 or 0x2028 or 0x2029))]));
        }
        if (c is 'w' or 'W')
        {
            _at += 2;
            return new SetNode(c == 'w' ? CodePointSet.WordAlone : CodePointSet.WordAlone.Complement());
        }
        var escape = new PatternEscape(_source, _at);
        _at = escape.End;
        // \p{Lu} and its like mean what they say, whatever the case option.
        return new SetNode(escape.CodePoint is null ? escape.Set : CaseOf(escape.Set));
    }

    private PatternNode ParseQuantifiers(PatternNode atom)
    {
        while (!AtEnd)
        {
            int least;
            int? most;
            bool braces = false;
            switch (_source[_at])
            {
                case '*':
                    (least, most) = (0, null);
                    _at++;
                    break;
                case '+':
                    (least, most) = (1, null);
                    _at++;
                    break;
                case '?':
                    (least, most) = (0, 1);
                    _at++;
                    break;
                case '{' when TryBraces(out least, out most):
                    braces = true;
                    break;
                default:
                    return atom;
            }
            var greed = Greed.Greedy;
            if (!AtEnd && _source[_at] == '?')
            {
                _at++;
                // In Ruby's syntax x{3}? means (?:x{3})?, not a lazy repeat.
                if (braces && least == most)
                {
                    atom = new RepeatNode(new RepeatNode(atom, least, most, Greed.Greedy), 0, 1, Greed.Greedy);
                    continue;
                }
                greed = Greed.Lazy;
            }
            // x{1,3}+ is no possessive repeat there either: the + repeats it, and is taken in the next round.
            else if (!AtEnd && _source[_at] == '+' && !braces)
            {
                _at++;
                greed = Greed.Possessive;
            }
            atom = new RepeatNode(atom, least, most, greed);
        }
        return atom;
    }

    private bool TryBraces(out int least, out int? most)
    {
        (least, most) = (0, null);
        int end = _source.IndexOf('}', _at);
        if (end < 0) return false;
        var inside = _source[(_at + 1)..end];
        var comma = inside.IndexOf(',');
        var low = comma < 0 ? inside : inside[..comma];
        var high = comma < 0 ? inside : inside[(comma + 1)..];
        if ((low.Length == 0 && (comma < 0 || high.Length == 0)) || !low.All(char.IsAsciiDigit) || !high.All(char.IsAsciiDigit)) return false;
        least = Count(low.Length == 0 ? "0" : low);
        most = high.Length == 0 ? null : Count(high);
        if (most < least) throw new FormatException($"repeats from {least} to {most}");
        _at = end + 1;
        return true;
    }

    private static int Count(string digits) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count <= LargestCount
            ? count
            : throw new FormatException($"repeats {digits} times; the most is {LargestCount}");
}
