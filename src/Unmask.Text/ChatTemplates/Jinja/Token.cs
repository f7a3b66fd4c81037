namespace Unmask.Text.ChatTemplates.Jinja;

internal enum TokenKind
{
    Data,
    BlockBegin,
    BlockEnd,
    VariableBegin,
    VariableEnd,
    Name,
    Text,
    Integer,
    Float,
    Operator,
    End,
}

/// <summary>Where something stands in a template, both from 1.</summary>
internal readonly record struct Place(int Line, int Column);

/// <summary>One piece of a template: plain text, a delimiter, or a word inside a tag. <c>Text</c> is decoded where it is a string literal.</summary>
internal readonly record struct Token(TokenKind Kind, string Text, Place Place)
{
    public bool Is(string op) => Kind == TokenKind.Operator && Text == op;

    public bool IsName(string name) => Kind == TokenKind.Name && Text == name;

    /// <summary>A test may take one argument without brackets: <c>x is divisibleby 3</c>.</summary>
    public bool BeginsArgument => Kind switch
    {
        TokenKind.Name => Text is not ("else" or "or" or "and"),
        TokenKind.Text or TokenKind.Integer or TokenKind.Float => true,
        _ => Is("[") || Is("{"),
    };

    /// <summary>The token in the words of an error sentence.</summary>
    public override string ToString() => Kind switch
    {
        TokenKind.End => "the end of the template",
        TokenKind.Data => "plain text",
        TokenKind.BlockBegin => "'{%'",
        TokenKind.BlockEnd => "'%}'",
        TokenKind.VariableBegin => "'{{'",
        TokenKind.VariableEnd => "'}}'",
        TokenKind.Text => "a text in quotes",
        _ => $"'{Text}'",
    };
}
