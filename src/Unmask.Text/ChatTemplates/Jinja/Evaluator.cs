namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>The value of an expression.</summary>
internal sealed class Evaluator(Renderer renderer)
{
    /// <summary>A name no template can write.</summary>
    public const string CapturedName = "captured block";

    private RenderBudget Budget => renderer.Budget;

    public TemplateValue Evaluate(Expression expression, Scope scope)
    {
        renderer.Enter(expression);
        switch (expression)
        {
            case Literal literal:
                return literal.Value;
            case Variable variable:
                return scope.Find(variable.Name, Budget) ?? TemplateValue.Undefined(() => $"'{variable.Name}' is not defined");
            case Captured:
                return scope.Find(CapturedName, Budget)!;
            case ListLiteral list:
                var items = list.Items.Select(item => Evaluate(item, scope)).ToList();
                return list.IsTuple ? TemplateValue.Tuple(items) : TemplateValue.List(items);
            case MappingLiteral mapping:
                return EvaluateMapping(mapping, scope);
            case Member member:
                var holder = Evaluate(member.Target, scope);
                renderer.Place = member.Place;
                return Members.Get(holder, member.Name, Budget) ?? TemplateValue.Undefined(() => $"'{Describe(member)}' is not defined");
            case Item item:
                return EvaluateItem(item, scope);
            case Slice slice:
                return EvaluateSlice(slice, scope);
            case Call call:
                return Call(call, scope, caller: null);
            case Filter filter:
                var input = Evaluate(filter.Target, scope);
                var settings = Prepare(filter.Name, filter.Arguments, scope, caller: null);
                renderer.Place = filter.Place;
                return Filters.Apply(filter.Name, input, settings);
            case Test test:
                var subject = Evaluate(test.Target, scope);
                var against = Prepare(test.Name, test.Arguments, scope, caller: null);
                renderer.Place = test.Place;
                return Tests.Holds(test.Name, subject, against) != test.Negated;
            case Unary unary:
                var operand = Evaluate(unary.Operand, scope);
                renderer.Place = unary.Place;
                return unary.Operator == "not" ? !operand.IsTrue : Operators.Sign(unary.Operator, operand);
            case Concatenation concatenation:
                return Operators.Concatenate(concatenation.Parts.Select(part => Evaluate(part, scope)).ToList(), renderer.AutoEscape, Budget);
            case Binary binary:
                var left = Evaluate(binary.Left, scope);
                var right = Evaluate(binary.Right, scope);
                renderer.Place = binary.Place;
                return Operators.Apply(binary.Operator, left, right, Budget);
            case Logical logical:
                var decisive = Evaluate(logical.Left, scope);
                return decisive.IsTrue == logical.IsAnd ? Evaluate(logical.Right, scope) : decisive;
            case Comparison comparison:
                return EvaluateComparison(comparison, scope);
            case Conditional conditional:
                if (Evaluate(conditional.Condition, scope).IsTrue) return Evaluate(conditional.Then, scope);
                return conditional.Else is null ? TemplateValue.Undefined("the condition is false and there is no 'else'") : Evaluate(conditional.Else, scope);
            default:
                throw new InvalidOperationException($"No way to evaluate {expression.GetType().Name}.");
        }
    }

    public TemplateValue Call(Call call, Scope scope, TemplateValue? caller)
    {
        var target = Evaluate(call.Target, scope);
        if (target.IsUndefined) throw new TemplateFault(target.Reason);
        if (target.Kind == TemplateKind.Object && target.AsObject.CanBeCalled)
        {
            var given = Prepare(Describe(call.Target), call.Arguments, scope, caller);
            renderer.Place = call.Place;
            return target.AsObject.Call(given);
        }

        if (target.Kind != TemplateKind.Callable) throw new TemplateFault($"'{Describe(call.Target)}' is {target.KindName} and cannot be called");
        var arguments = Prepare(target.AsCallable.Name, call.Arguments, scope, caller);
        renderer.Place = call.Place;
        return target.AsCallable.Body(arguments);
    }

    private CallArguments Prepare(string callee, Arguments arguments, Scope scope, TemplateValue? caller)
    {
        var positional = new List<TemplateValue>();
        var named = new OrderedDictionary<string, TemplateValue>(StringComparer.Ordinal);
        foreach (var argument in arguments.All)
        {
            var value = Evaluate(argument.Value, scope);
            if (argument.Stars == 1) positional.AddRange(Sequences.Enumerate(value, Budget));
            else if (argument.Name is not null) Add(argument.Name, value);
            else if (argument.Stars == 0) positional.Add(value);
            else if (value.Kind != TemplateKind.Mapping) throw new TemplateFault(value.IsUndefined ? value.Reason : $"'**' in a call needs a mapping, not {value.KindName}");
            else
            {
                foreach (var (key, item) in value.AsMapping) Add(Sequences.Key(key, Budget).IsText ? key.AsText : throw new TemplateFault("'**' in a call needs text keys"), item);
            }
        }

        if (caller is not null) Add("caller", caller);
        return new CallArguments(callee, positional, named, renderer);

        void Add(string name, TemplateValue value)
        {
            if (!named.TryAdd(name, value)) throw new TemplateFault($"'{callee}' is given the argument '{name}' twice");
        }
    }

    private TemplateValue EvaluateMapping(MappingLiteral literal, Scope scope)
    {
        var mapping = new OrderedDictionary<TemplateValue, TemplateValue>();
        foreach (var (key, value) in literal.Entries) mapping[Sequences.Key(Evaluate(key, scope), Budget)] = Evaluate(value, scope);
        return TemplateValue.Mapping(mapping);
    }

    private TemplateValue EvaluateItem(Item item, Scope scope)
    {
        var holder = Evaluate(item.Target, scope);
        var key = Evaluate(item.Key, scope);
        renderer.Place = item.Place;
        return Sequences.Item(holder, key, Budget) ?? TemplateValue.Undefined(() => $"'{Describe(item)}' is not defined");
    }

    private TemplateValue EvaluateSlice(Slice slice, Scope scope)
    {
        var target = Evaluate(slice.Target, scope);
        var bounds = new long?[3];
        Expression?[] parts = [slice.From, slice.To, slice.Step];
        for (var i = 0; i < parts.Length; i++)
        {
            if (parts[i] is null) continue;
            var bound = Evaluate(parts[i]!, scope);
            if (bound.Kind == TemplateKind.None) continue;
            if (bound.IsUndefined) throw new TemplateFault(bound.Reason);
            bounds[i] = bound.IsWhole ? bound.AsWhole : throw new TemplateFault($"a slice needs whole numbers, not {bound.KindName}");
        }

        renderer.Place = slice.Place;
        return Sequences.Slice(target, bounds[0], bounds[1], bounds[2] ?? 1, Budget);
    }

    private bool EvaluateComparison(Comparison comparison, Scope scope)
    {
        var left = Evaluate(comparison.First, scope);
        foreach (var (op, operand) in comparison.Rest)
        {
            var right = Evaluate(operand, scope);
            renderer.Place = comparison.Place;
            if (!Operators.Compare(op, left, right, Budget)) return false;
            left = right;
        }

        return true;
    }

    /// <summary>The expression as it was written, as far as an error sentence needs it.</summary>
    private static string Describe(Expression expression, int depth = 0) => expression switch
    {
        _ when depth > 8 => "(...)",
        Variable variable => variable.Name,
        Member member => $"{Describe(member.Target, depth + 1)}.{member.Name}",
        Item { Key: Literal { Value.Kind: TemplateKind.Text } literal } item => $"{Describe(item.Target, depth + 1)}[\"{literal.Value.AsText}\"]",
        Item { Key: Literal { Value.IsSmall: true } literal } item => $"{Describe(item.Target, depth + 1)}[{literal.Value.AsWhole}]",
        Item item => $"{Describe(item.Target, depth + 1)}[...]",
        Call call => $"{Describe(call.Target, depth + 1)}(...)",
        Filter filter => $"{Describe(filter.Target, depth + 1)} | {filter.Name}",
        _ => "(...)",
    };
}
