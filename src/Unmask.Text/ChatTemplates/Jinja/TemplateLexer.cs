using Unmask.Text.Unicode;

namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>
/// Cuts a template into tokens, with Jinja's white-space rules as transformers sets them: <c>trim_blocks</c> (the newline after a block
/// or comment tag goes), <c>lstrip_blocks</c> (blanks between the start of a line and such a tag go), one newline at the very end goes;
/// <c>-</c> at a tag takes all white space on that side, <c>+</c> keeps it. Source: the Jinja template documentation, "Whitespace Control".
/// </summary>
internal sealed class TemplateLexer
{
    private const int LongestName = 1000;

    private static readonly string[] _operators =
        ["**", "//", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";"];

    private readonly string _name;
    private readonly string _source;
    private readonly List<Token> _tokens = [];
    private readonly List<int> _lineStarts = [0];
    private int _position;

    // Whether the piece before the current plain text ended with a newline, so that the text begins a line.
    private bool _startsLine = true;

    private TemplateLexer(string source, string name)
    {
        _name = name;
        source = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        _source = source.EndsWith('\n') ? source[..^1] : source;
        for (var i = 0; i < _source.Length; i++)
        {
            if (_source[i] == '\n') _lineStarts.Add(i + 1);
        }
    }

    /// <exception cref="UserError">The template is not well formed; the sentence names line and column.</exception>
    public static List<Token> Tokenize(string source, string name)
    {
        var lexer = new TemplateLexer(source, name);
        while (lexer._position < lexer._source.Length) lexer.ReadPlainText();
        lexer.Add(TokenKind.End, "", lexer._source.Length);
        return lexer._tokens;
    }

    private void ReadPlainText()
    {
        var start = _position;
        var tag = start;
        while (true)
        {
            tag = _source.IndexOf('{', tag);
            if (tag < 0 || tag + 1 >= _source.Length)
            {
                AddData(_source[start..], start);
                _position = _source.Length;
                return;
            }

            if (_source[tag + 1] is '{' or '%' or '#') break;
            tag++;
        }

        var kind = _source[tag + 1];
        _position = tag + 2;
        AddData(TrimBefore(_source[start..tag], TakeSign(), keepBlanks: kind == '{'), start);
        if (kind == '#') SkipComment(tag);
        else if (kind == '%' && SkipWord("raw")) ReadRaw(tag);
        else ReadTag(tag, kind == '{' ? TokenKind.VariableBegin : TokenKind.BlockBegin);
    }

    private string TrimBefore(string text, char sign, bool keepBlanks)
    {
        if (sign == '-') return PythonText.Strip(text, start: false, end: true);
        if (sign == '+' || keepBlanks) return text;
        var line = text.LastIndexOf('\n') + 1;
        if (line == 0 && !_startsLine) return text;
        for (var i = line; i < text.Length; i++)
        {
            if (!PythonText.IsSpace(text[i])) return text;
        }

        return text[..line];
    }

    private char TakeSign()
    {
        if (_position < _source.Length && _source[_position] is '-' or '+') return _source[_position++];
        return '\0';
    }

    private void SkipComment(int tag)
    {
        var end = _source.IndexOf("#}", _position, StringComparison.Ordinal);
        if (end < 0) throw Fault(tag, "the comment that begins here has no end; close it with '#}'");
        var sign = end > _position ? _source[end - 1] : '\0';
        EndTag(end + 2, sign, takesNewline: true);
    }

    /// <summary>After <c>{%</c>: whether the tag is just this word; if so the position stands behind the tag.</summary>
    private bool SkipWord(string word)
    {
        var at = SkipSpaces(_position);
        if (string.CompareOrdinal(_source, at, word, 0, word.Length) != 0) return false;
        at = SkipSpaces(at + word.Length);
        if (StartsWith(at, "-%}")) _position = SkipSpaces(at + 3);
        else if (StartsWith(at, "%}")) _position = at + 2;
        else return false;
        return true;
    }

    private void ReadRaw(int tag)
    {
        var start = _position;
        for (var at = start; ; at += 2)
        {
            at = _source.IndexOf("{%", at, StringComparison.Ordinal);
            if (at < 0) throw Fault(tag, "the raw block that begins here has no end; close it with '{% endraw %}'");
            _position = at + 2;
            var sign = TakeSign();
            var word = SkipSpaces(_position);
            if (!StartsWith(word, "endraw")) continue;
            var close = SkipSpaces(word + "endraw".Length);
            var endSign = close < _source.Length && _source[close] is '-' or '+' ? _source[close] : '\0';
            if (endSign != '\0') close++;
            if (!StartsWith(close, "%}")) continue;
            _startsLine = start > 0 && _source[start - 1] == '\n';
            AddData(TrimBefore(_source[start..at], sign, keepBlanks: false), start);
            EndTag(close + 2, endSign, takesNewline: true);
            return;
        }
    }

    private void EndTag(int end, char sign, bool takesNewline)
    {
        if (sign == '-') end = SkipSpaces(end);
        else if (sign != '+' && takesNewline && end < _source.Length && _source[end] == '\n') end++;
        _position = end;
        _startsLine = _source[end - 1] == '\n';
    }

    private void ReadTag(int tag, TokenKind begin)
    {
        Add(begin, "", tag);
        var variable = begin == TokenKind.VariableBegin;
        var close = variable ? "}}" : "%}";
        var brackets = new Stack<char>();
        while (true)
        {
            _position = SkipSpaces(_position);
            if (_position >= _source.Length) throw Fault(tag, $"the tag that begins here has no end; close it with '{close}'");
            if (brackets.Count == 0)
            {
                var sign = _source[_position];
                var signed = (sign == '-' || (sign == '+' && !variable)) && StartsWith(_position + 1, close);
                if (signed || StartsWith(_position, close))
                {
                    Add(variable ? TokenKind.VariableEnd : TokenKind.BlockEnd, "", _position);
                    EndTag(_position + (signed ? 3 : 2), signed ? sign : '\0', takesNewline: !variable);
                    return;
                }
            }

            ReadWord(brackets);
        }
    }

    private void ReadWord(Stack<char> brackets)
    {
        var start = _position;
        var c = _source[start];
        if (c is '\'' or '"')
        {
            ReadText(c);
            return;
        }

        if (char.IsAsciiDigit(c))
        {
            _position = NumberLiteral.End(_source, start, afterPoint: start > 0 && _source[start - 1] == '.', out var isFloat);
            Add(isFloat ? TokenKind.Float : TokenKind.Integer, _source[start.._position].Replace("_", "", StringComparison.Ordinal), start);
            return;
        }

        if (c == '_' || TextClasses.IsWord(CodePoints.At(_source, start, out _)))
        {
            while (_position < _source.Length && (_source[_position] == '_' || TextClasses.IsWord(CodePoints.At(_source, _position, out _)))) _position += PythonText.Width(_source, _position);
            var name = _source[start.._position];
            if (name.Length > LongestName) throw Fault(start, $"a name may have {LongestName:N0} characters at most");
            if (!TextClasses.IsIdentifier(name)) throw Fault(start, $"'{name}' cannot be a name");
            Add(TokenKind.Name, name, start);
            return;
        }

        var op = Array.Find(_operators, candidate => StartsWith(start, candidate)) ?? throw Fault(start, $"the character '{c}' has no meaning inside a tag");
        if (op is "(" or "[" or "{") brackets.Push(op == "(" ? ')' : op == "[" ? ']' : '}');
        if (op is ")" or "]" or "}" && (brackets.Count == 0 || brackets.Pop() != op[0])) throw Fault(start, $"'{op}' closes no bracket");
        _position += op.Length;
        Add(TokenKind.Operator, op, start);
    }

    private void ReadText(char quote)
    {
        var start = _position;
        var end = start + 1;
        while (end < _source.Length && _source[end] != quote) end += _source[end] == '\\' ? 2 : 1;
        if (end >= _source.Length) throw Fault(start, $"the text that begins here has no end; close it with {quote}");
        _position = end + 1;
        Add(TokenKind.Text, StringLiteral.Unescape(_source, start + 1, end, Fault), start);
    }

    private bool StartsWith(int at, string text) => string.CompareOrdinal(_source, at, text, 0, text.Length) == 0 && at + text.Length <= _source.Length;

    private int SkipSpaces(int at)
    {
        while (at < _source.Length && PythonText.IsSpace(_source[at])) at++;
        return at;
    }

    private void AddData(string text, int at)
    {
        if (text.Length > 0) Add(TokenKind.Data, text, at);
    }

    private void Add(TokenKind kind, string text, int at) => _tokens.Add(new Token(kind, text, PlaceOf(at)));

    private UserError Fault(int at, string clause) => TemplateError.At(_name, PlaceOf(at), clause);

    private Place PlaceOf(int at)
    {
        var line = _lineStarts.BinarySearch(at);
        if (line < 0) line = ~line - 1;
        return new Place(line + 1, at - _lineStarts[line] + 1);
    }
}
