using System.Runtime.CompilerServices;
using System.Text;

namespace Unmask.Engine.Text.Templates.Jinja;

/// <summary>
/// Runs the statements of one template once. A loop's body, a macro and a captured block have names of their own; an <c>if</c> has not: what it sets
/// stays set, as in Jinja.
/// </summary>
internal sealed class Renderer
{
    private readonly Evaluator _evaluator;
    private StringBuilder _output = new();
    private int _calls;

    private Renderer(RenderBudget budget)
    {
        Budget = budget;
        _evaluator = new Evaluator(this);
    }

    private enum Flow
    {
        Next,
        Break,
        Continue,
    }

    public RenderBudget Budget { get; }

    /// <summary>The node being worked on, for the sentence of an error.</summary>
    public Place Place { get; set; }

    public static string Render(IReadOnlyList<Statement> body, string name, IEnumerable<KeyValuePair<string, TemplateValue>> variables)
    {
        var renderer = new Renderer(RenderBudget.Usual());
        var globals = new Scope(null);
        foreach (var (key, value) in Functions.All) globals.Set(key, value);
        foreach (var (key, value) in variables) globals.Set(key, value);
        try
        {
            renderer.Run(body, globals);
        }
        catch (TemplateFault fault)
        {
            throw TemplateError.At(name, renderer.Place, fault.Message);
        }

        return renderer._output.ToString();
    }

    /// <summary>At each level of nesting: spends a step and stops before the stack overflows.</summary>
    public void Enter(Node node)
    {
        Place = node.Place;
        Budget.Step();
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack()) throw new TemplateFault("the template is nested too deeply");
    }

    private Flow Run(IReadOnlyList<Statement> body, Scope scope)
    {
        foreach (var statement in body)
        {
            var flow = Run(statement, scope);
            if (flow != Flow.Next) return flow;
        }

        return Flow.Next;
    }

    private Flow Run(Statement statement, Scope scope)
    {
        Enter(statement);
        switch (statement)
        {
            case PlainText text:
                Write(text.Text);
                return Flow.Next;
            case Output output:
                var value = _evaluator.Evaluate(output.Value, scope);
                Write(PythonText.Str(value, Budget));
                return Flow.Next;
            case If choice:
                foreach (var (condition, body) in choice.Branches)
                {
                    if (_evaluator.Evaluate(condition, scope).IsTrue) return Run(body, scope);
                }

                return Run(choice.Else, scope);
            case For loop:
                return RunLoop(loop, scope);
            case Set set:
                Assign(set.Target, _evaluator.Evaluate(set.Value, scope), scope);
                return Flow.Next;
            case SetBlock set:
                var captured = Capture(set.Body, new Scope(scope));
                Assign(set.Target, set.Filter is null ? captured : Apply(set.Filter, captured, scope), scope);
                return Flow.Next;
            case With with:
                var inner = new Scope(scope);
                foreach (var (target, bound) in with.Bindings) Assign(target, _evaluator.Evaluate(bound, scope), inner);
                return Run(with.Body, inner);
            case Macro macro:
                scope.Set(macro.Name, MakeCallable(macro, scope));
                return Flow.Next;
            case CallBlock block:
                Write(PythonText.Str(_evaluator.Call(block.Call, scope, MakeCallable(block.Caller, scope)), Budget));
                return Flow.Next;
            case FilterBlock block:
                Write(PythonText.Str(Apply(block.Filter, Capture(block.Body, new Scope(scope)), scope), Budget));
                return Flow.Next;
            case Scoped scoped:
                return Run(scoped.Body, new Scope(scope));
            case Break:
                return Flow.Break;
            case Continue:
                return Flow.Continue;
            default:
                throw new InvalidOperationException($"No way to run {statement.GetType().Name}.");
        }
    }

    private Flow RunLoop(For loop, Scope scope)
    {
        var items = _evaluator.Iterate(_evaluator.Evaluate(loop.Items, scope));
        if (loop.Condition is not null) items = Where(loop, items, scope);
        if (items.Count == 0) return Run(loop.Else, scope);

        var state = new LoopState(items);
        var variable = TemplateValue.Loop(state);
        for (var i = 0; i < items.Count; i++)
        {
            Enter(loop);
            state.Index = i;
            var turn = new Scope(scope);
            Assign(loop.Target, items[i], turn);
            turn.Set("loop", variable);
            if (Run(loop.Body, turn) == Flow.Break) break;
        }

        return Flow.Next;
    }

    private List<TemplateValue> Where(For loop, IReadOnlyList<TemplateValue> items, Scope scope)
    {
        var kept = new List<TemplateValue>();
        foreach (var item in items)
        {
            Enter(loop);
            var turn = new Scope(scope);
            Assign(loop.Target, item, turn);
            if (_evaluator.Evaluate(loop.Condition!, turn).IsTrue) kept.Add(item);
        }

        return kept;
    }

    private void Assign(Target target, TemplateValue value, Scope scope)
    {
        Place = target.Place;
        switch (target)
        {
            case NameTarget name:
                scope.Set(name.Name, value);
                break;
            case AttributeTarget attribute:
                var holder = scope.Find(attribute.Namespace);
                if (holder?.Kind != TemplateKind.Namespace)
                {
                    throw new TemplateFault($"'{attribute.Namespace}.{attribute.Attribute}' cannot be set, because '{attribute.Namespace}' is no namespace; make it one with '{{% set {attribute.Namespace} = namespace() %}}'");
                }

                holder.AsMapping[attribute.Attribute] = value;
                break;
            case TupleTarget tuple:
                var items = _evaluator.Iterate(value);
                if (items.Count != tuple.Parts.Count) throw new TemplateFault($"{tuple.Parts.Count} names cannot take {items.Count} values");
                for (var i = 0; i < items.Count; i++) Assign(tuple.Parts[i], items[i], scope);
                break;
        }
    }

    private TemplateValue MakeCallable(Macro macro, Scope scope) => TemplateValue.Callable(macro.Name, call =>
    {
        if (call.Positional.Count > macro.Parameters.Count)
        {
            throw new TemplateFault($"the macro '{macro.Name}' takes {macro.Parameters.Count} arguments, but {call.Positional.Count} are given");
        }

        foreach (var name in call.Named.Keys)
        {
            if (name != "caller" && !macro.Parameters.Any(parameter => parameter.Name == name)) throw new TemplateFault($"the macro '{macro.Name}' has no parameter '{name}'");
        }

        if (++_calls > RenderBudget.DeepestCall) throw new TemplateFault($"macros call each other more than {RenderBudget.DeepestCall} levels deep");
        var inner = new Scope(scope);
        if (call.Named.TryGetValue("caller", out var caller)) inner.Set("caller", caller);
        for (var i = 0; i < macro.Parameters.Count; i++)
        {
            var (name, otherwise) = macro.Parameters[i];
            var value = call.Find(i, name)
                ?? (otherwise is null ? TemplateValue.Undefined($"the parameter '{name}' of the macro '{macro.Name}' was not given") : _evaluator.Evaluate(otherwise, inner));
            inner.Set(name, value);
        }

        var text = Capture(macro.Body, inner);
        _calls--;
        return text;
    });

    private TemplateValue Capture(IReadOnlyList<Statement> body, Scope scope)
    {
        var outer = _output;
        _output = new StringBuilder();
        Run(body, scope);
        var text = _output.ToString();
        _output = outer;
        return text;
    }

    private TemplateValue Apply(Filter filter, TemplateValue captured, Scope scope)
    {
        var inner = new Scope(scope);
        inner.Set(Evaluator.CapturedName, captured);
        return _evaluator.Evaluate(filter, inner);
    }

    private void Write(string text)
    {
        Budget.Text(text.Length);
        _output.Append(text);
    }
}
