using System.Runtime.CompilerServices;
using Unmask.Core;

namespace Unmask.Engine.Text.Templates.Jinja;

/// <summary>The tokens of a template in reading order, for the two halves of the parser.</summary>
internal sealed class TokenStream(IReadOnlyList<Token> tokens, string name)
{
    private int _position;

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

    public UserError Unexpected(string wanted) => Fault(Current.Place, $"{wanted} was expected, but {Current} was found");

    public UserError Fault(Place place, string clause) => TemplateError.At(name, place, clause);

    /// <summary>Called at each level of nesting, so that a template cannot overflow the stack.</summary>
    public void GuardDepth()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack()) throw Fault(Current.Place, "the template is nested too deeply");
    }
}
