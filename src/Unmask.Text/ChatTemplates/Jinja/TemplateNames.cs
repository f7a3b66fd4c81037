using System.Runtime.CompilerServices;

namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>
/// The names that a template reads and does not set itself. A name is needed where it is written or computed with; it is optional where every use stands behind
/// a test for it (<c>{% if x %}</c>, <c>x is defined</c>, <c>x | default('')</c>).
/// </summary>
internal sealed class TemplateNames
{
    private readonly Dictionary<string, bool> _needed = new(StringComparer.Ordinal);
    private readonly Stack<HashSet<string>> _own = new();
    private readonly Stack<string> _tested = new();

    private TemplateNames() => _own.Push(new HashSet<string>(Functions.All.Keys, StringComparer.Ordinal) { "self" });

    /// <summary>Each name, and whether it is needed.</summary>
    public static IReadOnlyDictionary<string, bool> Of(IReadOnlyList<Statement> body)
    {
        var names = new TemplateNames();
        names.Visit(body);
        return names._needed;
    }

    private void Visit(IReadOnlyList<Statement> body)
    {
        foreach (var statement in body) Visit(statement);
    }

    private void Visit(Statement statement)
    {
        GuardDepth();
        switch (statement)
        {
            case Output output:
                Visit(output.Value);
                break;
            case If choice:
                VisitIf(choice);
                break;
            case For loop:
                Visit(loop.Items);
                Inside(() =>
                {
                    Own(loop.Target);
                    _own.Peek().Add("loop");
                    if (loop.Condition is not null) Visit(loop.Condition);
                    Visit(loop.Body);
                });
                Visit(loop.Else);
                break;
            case Set set:
                Visit(set.Value);
                Own(set.Target);
                break;
            case SetBlock set:
                if (set.Filter is not null) Visit(set.Filter);
                Inside(() => Visit(set.Body));
                Own(set.Target);
                break;
            case With with:
                Inside(() =>
                {
                    foreach (var (target, value) in with.Bindings)
                    {
                        Visit(value);
                        Own(target);
                    }

                    Visit(with.Body);
                });
                break;
            case Macro macro:
                _own.Peek().Add(macro.Name);
                Visit(macro);
                break;
            case CallBlock block:
                Visit(block.Call);
                Visit(block.Caller);
                break;
            case FilterBlock block:
                Visit(block.Filter);
                Inside(() => Visit(block.Body));
                break;
            case Scoped scoped:
                Inside(() => Visit(scoped.Body));
                break;
            case Block block:
                Inside(() =>
                {
                    _own.Peek().Add("super");
                    Visit(block.Body);
                });
                break;
            case AutoEscape escape:
                Visit(escape.Value);
                Inside(() => Visit(escape.Body));
                break;
            case OtherTemplate other:
                Visit(other.Name);
                break;
        }
    }

    private void VisitIf(If choice)
    {
        foreach (var (condition, body) in choice.Branches)
        {
            var tested = VisitCondition(condition);
            Behind(tested, () => Visit(body));
        }

        Visit(choice.Else);
    }

    private void Visit(Macro macro) => Inside(() =>
    {
        foreach (var (name, otherwise) in macro.Parameters)
        {
            if (otherwise is not null) Visit(otherwise);
            _own.Peek().Add(name);
        }

        _own.Peek().UnionWith(["caller", "varargs", "kwargs"]);
        Visit(macro.Body);
    });

    private void Visit(Expression expression)
    {
        GuardDepth();
        switch (expression)
        {
            case Variable variable:
                Read(variable.Name, needed: true);
                break;
            case ListLiteral list:
                foreach (var item in list.Items) Visit(item);
                break;
            case MappingLiteral mapping:
                foreach (var (key, value) in mapping.Entries) Visit([key, value]);
                break;
            case Member member:
                Visit(member.Target);
                break;
            case Item item:
                Visit([item.Target, item.Key]);
                break;
            case Slice slice:
                Visit([slice.Target, slice.From, slice.To, slice.Step]);
                break;
            case Call call:
                Visit(call.Target);
                Visit(call.Arguments);
                break;
            case Filter filter:
                if (filter.Name is "default" or "d") VisitCondition(filter.Target);
                else Visit(filter.Target);
                Visit(filter.Arguments);
                break;
            case Test test:
                VisitCondition(test.Target);
                Visit(test.Arguments);
                break;
            case Unary { Operator: "not" } unary:
                VisitCondition(unary.Operand);
                break;
            case Unary unary:
                Visit(unary.Operand);
                break;
            case Binary binary:
                Visit([binary.Left, binary.Right]);
                break;
            case Concatenation concatenation:
                Visit(concatenation.Parts);
                break;
            case Logical logical:
                var left = VisitCondition(logical.Left);
                if (logical.IsAnd) Behind(left, () => Visit(logical.Right));
                else Visit(logical.Right);
                break;
            case Comparison comparison:
                Visit([comparison.First, .. comparison.Rest.Select(part => part.Operand)]);
                break;
            case Conditional conditional:
                var tested = VisitCondition(conditional.Condition);
                Behind(tested, () => Visit(conditional.Then));
                if (conditional.Else is not null) Visit(conditional.Else);
                break;
        }
    }

    private void Visit(IEnumerable<Expression?> expressions)
    {
        foreach (var expression in expressions)
        {
            if (expression is not null) Visit(expression);
        }
    }

    private void Visit(Arguments arguments) => Visit(arguments.All.Select(argument => argument.Value));

    /// <summary>Visits what is only asked for its truth.</summary>
    /// <returns>The names that are tested, and so are there where it holds.</returns>
    private List<string> VisitCondition(Expression condition)
    {
        GuardDepth();
        switch (condition)
        {
            case Variable variable:
                Read(variable.Name, needed: false);
                return [variable.Name];
            case Test test:
                Visit(test.Arguments);
                return VisitCondition(test.Target);
            case Member member:
                return VisitCondition(member.Target);
            case Unary { Operator: "not" } unary:
                return VisitCondition(unary.Operand);
            case Logical { IsAnd: true } both:
                var left = VisitCondition(both.Left);
                Behind(left, () => left = [.. left, .. VisitCondition(both.Right)]);
                return left;
            case Logical either:
                VisitCondition(either.Left);
                VisitCondition(either.Right);
                return [];
            default:
                Visit(condition);
                return [];
        }
    }

    private static void GuardDepth()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack()) throw new TemplateFault("the template is nested too deeply");
    }

    private void Read(string name, bool needed)
    {
        if (_own.Any(names => names.Contains(name))) return;
        _needed[name] = _needed.GetValueOrDefault(name) || (needed && !_tested.Contains(name));
    }

    private void Own(Target target)
    {
        switch (target)
        {
            case NameTarget name:
                _own.Peek().Add(name.Name);
                break;
            case TupleTarget tuple:
                foreach (var part in tuple.Parts) Own(part);
                break;
        }
    }

    private void Inside(Action visit)
    {
        _own.Push(new HashSet<string>(StringComparer.Ordinal));
        visit();
        _own.Pop();
    }

    private void Behind(List<string> tested, Action visit)
    {
        foreach (var name in tested) _tested.Push(name);
        visit();
        foreach (var _ in tested) _tested.Pop();
    }
}
