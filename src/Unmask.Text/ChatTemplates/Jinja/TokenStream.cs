using System.Runtime.CompilerServices;

namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>The tokens of a template in reading order, for the two halves of the parser.</summary>
internal sealed class TokenStream(IReadOnlyList<Token> tokens, string name)
{
    private const int LongestName = 1000;

    // For each macro that is being read, which of its special names its body reads, and which it sets first.
    private readonly List<(HashSet<string> Read, HashSet<string> Written)> _macros = [];
    private int _position;

    /// <summary>Filters and tests that there are not, outside of conditional parts.</summary>
    public List<(Place Place, string Kind, string Name)> Unknown { get; } = [];

    /// <summary>Whether what is read stands in an <c>if</c>, where an unknown filter is a fault only when it is reached.</summary>
    public bool IsConditional { get; set; }

    public Token Current => tokens[_position];

    public Token Peek => tokens[Math.Min(_position + 1, tokens.Count - 1)];

    public Token Take()
    {
        var token = Current;
        if (_position < tokens.Count - 1) _position++;
        return token;
    }

    public bool TakeIf(string op)
    {
        if (!Current.Is(op)) return false;
        Take();
        return true;
    }

    public bool TakeIfName(string word)
    {
        if (!Current.IsName(word)) return false;
        Take();
        return true;
    }

    public Token Expect(string op) => Current.Is(op) ? Take() : throw Unexpected($"'{op}'");

    public Token Expect(TokenKind kind, string wanted) => Current.Kind == kind ? Take() : throw Unexpected(wanted);

    /// <summary>A name, or several with points between them.</summary>
    public (string Name, Place Place) ExpectDottedName(string wanted)
    {
        var first = Expect(TokenKind.Name, wanted);
        var name = first.Text;
        while (TakeIf("."))
        {
            name += "." + Expect(TokenKind.Name, wanted).Text;
            if (name.Length > LongestName) throw Fault(first.Place, $"a name may have {LongestName:N0} characters at most");
        }

        return (name, first.Place);
    }

    public UserError Unexpected(string wanted) => Fault(Current.Place, $"{wanted} was expected, but {Current} was found");

    public UserError Fault(Place place, string clause) => TemplateError.At(name, place, clause);

    public void NoteUnknown(Place place, string kind, string name)
    {
        if (!IsConditional) Unknown.Add((place, kind, name));
    }

    public void BeginMacro() => _macros.Add(([], []));

    public IReadOnlySet<string> EndMacro()
    {
        var names = _macros[^1].Read;
        _macros.RemoveAt(_macros.Count - 1);
        return names;
    }

    public void NoteRead(string name)
    {
        if (name is not ("caller" or "varargs" or "kwargs")) return;
        foreach (var (read, written) in _macros)
        {
            if (!written.Contains(name)) read.Add(name);
        }
    }

    public void NoteWrite(string name)
    {
        if (name is not ("caller" or "varargs" or "kwargs")) return;
        foreach (var (_, written) in _macros) written.Add(name);
    }

    /// <summary>Called at each level of nesting, so that a template cannot overflow the stack.</summary>
    public void GuardDepth()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack()) throw Fault(Current.Place, "the template is nested too deeply");
    }
}
