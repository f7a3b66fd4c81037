using System.Runtime.CompilerServices;
using System.Text;

namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>
/// Runs the statements of one template once. A loop's body, a macro and a captured block have names of their own; an <c>if</c> has not: what it sets
/// stays set, as in Jinja.
/// </summary>
internal sealed class Renderer
{
    private readonly Evaluator _evaluator;
    private readonly Scope _globals = new(null);
    private StringBuilder _output = new();
    private int _calls;
    private ulong _drawn = 1;

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

    /// <summary>Whether an <c>autoescape</c> block is on.</summary>
    public bool AutoEscape { get; private set; }

    /// <summary>The node being worked on, for the sentence of an error.</summary>
    public Place Place { get; set; }

    public static string Render(ParsedTemplate template, string name, IEnumerable<KeyValuePair<string, TemplateValue>> variables)
    {
        var renderer = new Renderer(RenderBudget.Usual());
        foreach (var (key, value) in Functions.All) renderer._globals.Set(key, value);
        foreach (var (key, value) in variables) renderer._globals.Set(key, value);
        var top = new Scope(renderer._globals);
        top.Set("self", TemplateValue.Object(new SelfReference(template.Blocks, block => renderer.CaptureCall(() => renderer.Run(block.Body, new Scope(top))))));
        try
        {
            renderer._top = top;
            renderer.Run(template.Body, top);
        }
        catch (TemplateFault fault)
        {
            throw TemplateError.At(name, renderer.Place, fault.Message);
        }

        return renderer._output.ToString();
    }

    private Scope _top = new(null);

    /// <summary>At each level of nesting: spends a step and stops before the stack overflows.</summary>
    public void Enter(Node node)
    {
        Place = node.Place;
        Budget.Step();
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack()) throw new TemplateFault("the template is nested too deeply");
    }

    /// <summary>A number below <paramref name="count"/>; the same ones in the same order each time a template runs.</summary>
    public long Draw(long count)
    {
        _drawn = unchecked((_drawn * 6364136223846793005) + 1442695040888963407);
        return (long)((_drawn >> 33) % (ulong)count);
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
                WriteValue(_evaluator.Evaluate(output.Value, scope));
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
                var flow = Capture(set.Body, new Scope(scope), out var captured);
                if (flow != Flow.Next) return flow;
                if (set.Filter is not null) captured = Apply(set.Filter, captured, scope);
                Assign(set.Target, AutoEscape ? TemplateValue.Markup(PythonText.Str(captured, Budget)) : captured, scope);
                return Flow.Next;
            case With with:
                var inner = new Scope(scope);
                foreach (var (target, bound) in with.Bindings) Assign(target, _evaluator.Evaluate(bound, scope), inner);
                return Run(with.Body, inner);
            case Macro macro:
                scope.Set(macro.Name, MakeCallable(macro, scope));
                return Flow.Next;
            case CallBlock block:
                WriteValue(_evaluator.Call(block.Call, scope, MakeCallable(block.Caller, scope)));
                return Flow.Next;
            case FilterBlock block:
                flow = Capture(block.Body, new Scope(scope), out captured);
                if (flow != Flow.Next) return flow;
                var filtered = Apply(block.Filter, captured, scope);
                if (!filtered.IsText) throw new TemplateFault($"the filter of a block must give a text, not {filtered.KindName}");
                WriteValue(filtered);
                return Flow.Next;
            case Scoped scoped:
                return Run(scoped.Body, new Scope(scope));
            case Block block:
                var own = new Scope(block.IsScoped ? scope : _top);
                own.Set("super", TemplateValue.Undefined($"there is no parent block called '{block.Name}'"));
                return Run(block.Body, own);
            case AutoEscape escape:
                return RunEscaped(escape, scope);
            case OtherTemplate other:
                return FindOther(other, scope);
            case Break:
                return Flow.Break;
            case Continue:
                return Flow.Continue;
            default:
                throw new InvalidOperationException($"No way to run {statement.GetType().Name}.");
        }
    }

    private Flow RunEscaped(AutoEscape escape, Scope scope)
    {
        var before = AutoEscape;
        AutoEscape = _evaluator.Evaluate(escape.Value, scope).IsTrue;
        var flow = Run(escape.Body, new Scope(scope));
        AutoEscape = before;
        return flow;
    }

    private Flow FindOther(OtherTemplate other, Scope scope)
    {
        var name = _evaluator.Evaluate(other.Name, scope);
        if (other.MayBeMissing && name.IsSequence && name.AsItems.Count == 0) return Flow.Next;
        throw new TemplateFault($"'{other.Tag}' is not available: a chat template stands alone");
    }

    private Flow RunLoop(For loop, Scope scope)
    {
        var items = _evaluator.Evaluate(loop.Items, scope);
        if (!loop.IsRecursive) return RunLoop(loop, scope, items, 0);
        Write(Recurse(items, 0));
        return Flow.Next;

        string Recurse(TemplateValue inner, int depth) => CaptureCall(() => RunLoop(loop, scope, inner, depth, Recurse)).AsText;
    }

    private Flow RunLoop(For loop, Scope scope, TemplateValue items, int depth, Func<TemplateValue, int, string>? recurse = null)
    {
        var source = Sequences.Enumerate(items, Budget);
        if (loop.Condition is not null) source = Where(loop, source, scope);
        long? length = loop.Condition is not null || items.Kind is TemplateKind.Iterator or TemplateKind.Object ? null : Sequences.Length(items, Budget);
        using var enumerator = source.GetEnumerator();
        var state = new LoopState(enumerator, length, depth, Budget, recurse);
        var variable = TemplateValue.Object(state);
        var (turns, stopped) = (0, false);
        while (state.TryNext(out var item))
        {
            Enter(loop);
            turns++;
            var turn = new Scope(scope);
            Assign(loop.Target, item, turn);
            turn.Set("loop", variable);
            var flow = Run(loop.Body, turn);
            // A turn that is cut short does not count for the else branch, as in Jinja.
            if (flow != Flow.Next) turns--;
            stopped = flow == Flow.Break;
            if (stopped) break;
        }

        return turns > 0 ? Flow.Next : Run(loop.Else, new Scope(scope));
    }

    private IEnumerable<TemplateValue> Where(For loop, IEnumerable<TemplateValue> items, Scope scope)
    {
        foreach (var item in items)
        {
            Enter(loop);
            var turn = new Scope(scope);
            Assign(loop.Target, item, turn);
            if (_evaluator.Evaluate(loop.Condition!, turn).IsTrue) yield return item;
        }
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
                var holder = scope.Find(attribute.Namespace, Budget);
                if (holder?.Kind != TemplateKind.Namespace)
                {
                    throw new TemplateFault($"'{attribute.Namespace}.{attribute.Attribute}' cannot be set, because '{attribute.Namespace}' is no namespace; make it one with '{{% set {attribute.Namespace} = namespace() %}}'");
                }

                holder.AsMapping[attribute.Attribute] = value;
                break;
            case TupleTarget tuple:
                var items = Sequences.Enumerate(value, Budget).Take(tuple.Parts.Count + 1).ToList();
                if (items.Count != tuple.Parts.Count) throw new TemplateFault($"{tuple.Parts.Count} names cannot take {(items.Count > tuple.Parts.Count ? "more values" : $"{items.Count} values")}");
                for (var i = 0; i < items.Count; i++) Assign(tuple.Parts[i], items[i], scope);
                break;
        }
    }

    private TemplateValue MakeCallable(Macro macro, Scope scope) => MacroCall.Make(macro, _evaluator, scope, inner => CaptureCall(() => Run(macro.Body, inner)));

    /// <summary>The text that a macro, a block or a turn of a recursive loop writes.</summary>
    private TemplateValue CaptureCall(Func<Flow> body)
    {
        if (++_calls > RenderBudget.DeepestCall) throw new TemplateFault($"macros call each other more than {RenderBudget.DeepestCall} levels deep");
        var outer = _output;
        _output = new StringBuilder();
        body();
        var text = _output.ToString();
        _output = outer;
        _calls--;
        return AutoEscape ? TemplateValue.Markup(text) : text;
    }

    private Flow Capture(IReadOnlyList<Statement> body, Scope scope, out TemplateValue text)
    {
        var outer = _output;
        _output = new StringBuilder();
        var flow = Run(body, scope);
        text = AutoEscape ? TemplateValue.Markup(_output.ToString()) : _output.ToString();
        _output = outer;
        return flow;
    }

    private TemplateValue Apply(Filter filter, TemplateValue captured, Scope scope)
    {
        var inner = new Scope(scope);
        inner.Set(Evaluator.CapturedName, captured);
        return _evaluator.Evaluate(filter, inner);
    }

    private void WriteValue(TemplateValue value) => Write(AutoEscape ? Html.Escape(value, Budget) : PythonText.Str(value, Budget));

    private void Write(string text)
    {
        Budget.Text(text.Length);
        _output.Append(text);
    }
}
