using Unmask.Text.Json;
using Unmask.Text.Unicode;

namespace Unmask.Text.Patterns;

/// <summary>
/// A string or regular expression to look for in a text. Regular expressions follow Oniguruma (which Hugging Face's library uses)
/// and match whole code points. Safe for use by several threads.
/// </summary>
internal sealed class Pattern
{
    [ThreadStatic]
    private static Frame[]? _spareStack;

    private readonly string _source;
    private readonly string? _literal;
    private readonly Instruction[] _program = [];
    private readonly int _registers;

    private Pattern(string source, string? literal)
    {
        _source = source;
        _literal = literal;
        if (literal is null) _registers = PatternProgram.Compile(PatternParser.Parse(source), out _program).Registers;
    }

    public static Pattern Literal(string text) => new(text, text);

    /// <exception cref="FormatException">The pattern is faulty or uses what is not supported.</exception>
    public static Pattern Regex(string source) => new(source, null);

    /// <summary>Reads <c>{"String": …}</c> or <c>{"Regex": …}</c>.</summary>
    public static Pattern Read(JsonField field)
    {
        if (field.TryGet("String", out var text)) return Literal(text.AsString());
        if (!field.TryGet("Regex", out var regex)) throw field.Error("has neither \"String\" nor \"Regex\".");
        var source = regex.AsString();
        try
        {
            return Regex(source);
        }
        catch (FormatException fault)
        {
            throw new UserError($"{field.File}: the regular expression {source} in {field.Path} {fault.Message}. A tokenizer with this pattern cannot be used here.");
        }
    }

    /// <summary>
    /// The text cut into matches and what lies between them, in order, without gaps: (start, end, is a match). An empty text is one
    /// part that is no match.
    /// </summary>
    /// <exception cref="UserError">The pattern takes too long on this text.</exception>
    public void Cut(ReadOnlySpan<char> text, List<(int Start, int End, bool IsMatch)> parts)
    {
        parts.Clear();
        if (text.IsEmpty || _literal is "")
        {
            parts.Add((0, text.Length, false));
            return;
        }
        int last = 0;
        if (_literal is not null) CutLiteral(text, parts, ref last);
        else CutRegex(text, parts, ref last);
        if (last < text.Length) parts.Add((last, text.Length, false));
    }

    private void CutLiteral(ReadOnlySpan<char> text, List<(int, int, bool)> parts, ref int last)
    {
        while (text[last..].IndexOf(_literal, StringComparison.Ordinal) is var distance and >= 0)
        {
            int start = last + distance;
            if (start > last) parts.Add((last, start, false));
            last = start + _literal!.Length;
            parts.Add((start, last, true));
        }
    }

    private void CutRegex(ReadOnlySpan<char> text, List<(int, int, bool)> parts, ref int last)
    {
        var matcher = new PatternMatcher(_program, _registers, text, _spareStack ?? new Frame[256]);
        _spareStack = null;
        try
        {
            int position = 0, previousEnd = -1;
            while (position <= text.Length)
            {
                int end = matcher.Match(position);
                // An empty match right after the last one does not count.
                if (end < 0 || (end == position && end == previousEnd))
                {
                    if (position == text.Length) break;
                    CodePoints.At(text, position, out int units);
                    position += units;
                    continue;
                }
                if (position > last) parts.Add((last, position, false));
                parts.Add((position, end, true));
                last = previousEnd = position = end;
            }
        }
        catch (TimeoutException)
        {
            throw new UserError($"The tokenizer's regular expression {_source} takes too long on a text of {text.Length} characters. Leave that text out or cut it.");
        }
        _spareStack = matcher.Stack;
    }
}
