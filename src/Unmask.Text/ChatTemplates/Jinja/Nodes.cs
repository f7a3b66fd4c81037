namespace Unmask.Text.ChatTemplates.Jinja;

// The tree of a template. Every node knows its place, for the sentence of an error.
internal abstract record Node(Place Place);

internal abstract record Expression(Place Place) : Node(Place)
{
    /// <summary>Whether it holds no names: Jinja computes such expressions before the template runs, by slightly other rules.</summary>
    public bool IsConstant() => this switch
    {
        Literal => true,
        Unary unary => unary.Operand.IsConstant(),
        ListLiteral list => list.Items.All(item => item.IsConstant()),
        _ => false,
    };
}

internal sealed record Literal(Place Place, TemplateValue Value) : Expression(Place);

internal sealed record Variable(Place Place, string Name) : Expression(Place);

internal sealed record ListLiteral(Place Place, IReadOnlyList<Expression> Items, bool IsTuple) : Expression(Place);

internal sealed record MappingLiteral(Place Place, IReadOnlyList<(Expression Key, Expression Value)> Entries) : Expression(Place);

internal sealed record Member(Place Place, Expression Target, string Name) : Expression(Place);

internal sealed record Item(Place Place, Expression Target, Expression Key) : Expression(Place);

internal sealed record Slice(Place Place, Expression Target, Expression? From, Expression? To, Expression? Step) : Expression(Place);

internal sealed record Call(Place Place, Expression Target, Arguments Arguments) : Expression(Place);

internal sealed record Filter(Place Place, Expression Target, string Name, Arguments Arguments) : Expression(Place);

internal sealed record Test(Place Place, Expression Target, string Name, Arguments Arguments, bool Negated) : Expression(Place);

/// <summary><c>not</c>, <c>-</c> or <c>+</c> in front of a value.</summary>
internal sealed record Unary(Place Place, string Operator, Expression Operand) : Expression(Place);

/// <summary>Values joined as text: <c>a ~ b ~ c</c>.</summary>
internal sealed record Concatenation(Place Place, IReadOnlyList<Expression> Parts) : Expression(Place);

/// <summary>Arithmetic.</summary>
internal sealed record Binary(Place Place, string Operator, Expression Left, Expression Right) : Expression(Place);

/// <summary><c>and</c>, <c>or</c>: the right side is evaluated only when it decides.</summary>
internal sealed record Logical(Place Place, bool IsAnd, Expression Left, Expression Right) : Expression(Place);

/// <summary>A chain such as <c>a &lt; b &lt;= c</c>; <c>in</c> and <c>not in</c> belong here.</summary>
internal sealed record Comparison(Place Place, Expression First, IReadOnlyList<(string Operator, Expression Operand)> Rest) : Expression(Place);

internal sealed record Conditional(Place Place, Expression Condition, Expression Then, Expression? Else) : Expression(Place);

internal sealed record Arguments(IReadOnlyList<Argument> All)
{
    public static Arguments None { get; } = new([]);
}

/// <summary>One argument of a call; <c>Stars</c> is 1 for <c>*list</c>, 2 for <c>**mapping</c>.</summary>
internal readonly record struct Argument(string? Name, Expression Value, int Stars);

internal abstract record Statement(Place Place) : Node(Place);

internal sealed record PlainText(Place Place, string Text) : Statement(Place);

internal sealed record Output(Place Place, Expression Value) : Statement(Place);

internal sealed record If(Place Place, IReadOnlyList<(Expression Condition, IReadOnlyList<Statement> Body)> Branches, IReadOnlyList<Statement> Else) : Statement(Place);

internal sealed record For(Place Place, Target Target, Expression Items, Expression? Condition, bool IsRecursive, IReadOnlyList<Statement> Body, IReadOnlyList<Statement> Else) : Statement(Place);

internal sealed record Set(Place Place, Target Target, Expression Value) : Statement(Place);

internal sealed record SetBlock(Place Place, Target Target, Filter? Filter, IReadOnlyList<Statement> Body) : Statement(Place);

internal sealed record With(Place Place, IReadOnlyList<(Target Target, Expression Value)> Bindings, IReadOnlyList<Statement> Body) : Statement(Place);

/// <param name="Reads">Which of <c>caller</c>, <c>varargs</c> and <c>kwargs</c> the body reads; what it does not read a call may not give.</param>
internal sealed record Macro(Place Place, string Name, IReadOnlyList<(string Name, Expression? Default)> Parameters, IReadOnlySet<string> Reads, IReadOnlyList<Statement> Body) : Statement(Place);

/// <summary><c>{% call(...) macro(...) %}</c>: the body is the macro's <c>caller</c>.</summary>
internal sealed record CallBlock(Place Place, Macro Caller, Call Call) : Statement(Place);

internal sealed record FilterBlock(Place Place, Filter Filter, IReadOnlyList<Statement> Body) : Statement(Place);

/// <summary>A body with names of its own and no other effect: <c>{% generation %}</c>, which marks assistant text for other tools.</summary>
internal sealed record Scoped(Place Place, IReadOnlyList<Statement> Body) : Statement(Place);

/// <summary>A part of a template with a name: it runs where it stands, and again at <c>self.name()</c>. Unless scoped it sees the template's own names only.</summary>
internal sealed record Block(Place Place, string Name, bool IsScoped, IReadOnlyList<Statement> Body) : Statement(Place);

internal sealed record AutoEscape(Place Place, Expression Value, IReadOnlyList<Statement> Body) : Statement(Place);

/// <summary><c>include</c>, <c>import</c> or <c>extends</c>: there are no other templates, so it fails where it is reached.</summary>
internal sealed record OtherTemplate(Place Place, string Tag, Expression Name, bool MayBeMissing) : Statement(Place);

internal sealed record Break(Place Place) : Statement(Place);

internal sealed record Continue(Place Place) : Statement(Place);

/// <summary>What is assigned to: a name, an attribute of a namespace, or a tuple of these.</summary>
internal abstract record Target(Place Place) : Node(Place);

internal sealed record NameTarget(Place Place, string Name) : Target(Place);

internal sealed record AttributeTarget(Place Place, string Namespace, string Attribute) : Target(Place);

internal sealed record TupleTarget(Place Place, IReadOnlyList<Target> Parts) : Target(Place);

/// <summary>The value that a filter block puts into its filter.</summary>
internal sealed record Captured(Place Place) : Expression(Place);
