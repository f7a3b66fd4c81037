namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>The <c>loop</c> variable. It looks one item ahead only when a template asks, and takes all items at once only when it asks for their number.</summary>
/// <param name="source">The items that are to come.</param>
/// <param name="length">Their number, or null where it is not known without going through them.</param>
/// <param name="recurse">Runs the loop's body on other items; null where the loop is not recursive.</param>
internal sealed class LoopState(IEnumerator<TemplateValue> source, long? length, int depth, RenderBudget budget, Func<TemplateValue, int, string>? recurse) : TemplateObject
{
    private static readonly Signature _one = new("iterable /");
    private IEnumerator<TemplateValue> _source = source;
    private long? _length = length;
    private TemplateValue? _after;
    private TemplateValue? _before;
    private TemplateValue? _current;
    private TemplateValue? _lastChecked;
    private long _index = -1;

    public override string KindName => "a loop";

    public override bool CanBeCalled => true;

    public override long? Length => Count();

    public override IEnumerable<TemplateValue> Items
    {
        get
        {
            while (TryNext(out var item)) yield return TemplateValue.Tuple(item, TemplateValue.Object(this));
        }
    }

    public bool TryNext(out TemplateValue item)
    {
        var next = Peek();
        item = next ?? TemplateValue.None;
        if (next is null) return false;
        _after = null;
        _index++;
        _before = _current;
        _current = item;
        return true;
    }

    public override TemplateValue? Attribute(string name) => name switch
    {
        "index" => _index + 1,
        "index0" => _index,
        "revindex" => Count() - _index,
        "revindex0" => Count() - _index - 1,
        "first" => _index == 0,
        "last" => Peek() is null,
        "length" => Count(),
        "depth" => depth + 1,
        "depth0" => depth,
        "previtem" => _index > 0 ? _before : TemplateValue.Undefined("there is no previous item"),
        "nextitem" => Peek() ?? TemplateValue.Undefined("there is no next item"),
        "cycle" => TemplateValue.Callable("loop.cycle", Cycle),
        "changed" => TemplateValue.Callable("loop.changed", Changed),
        _ => null,
    };

    public override TemplateValue Call(CallArguments call)
    {
        _one.Check(call);
        if (recurse is null) throw new TemplateFault("a loop can be called only where it is marked with 'recursive'");
        return recurse(call.Positional[0], depth + 1);
    }

    public override string Repr() => $"<LoopContext {_index + 1}/{Count()}>";

    private TemplateValue? Peek()
    {
        if (_after is null && _source.MoveNext()) _after = _source.Current;
        return _after;
    }

    private long Count()
    {
        if (_length is { } known) return known;
        var rest = new List<TemplateValue>();
        while (_source.MoveNext())
        {
            budget.Step();
            rest.Add(_source.Current);
        }

        _source = rest.GetEnumerator();
        _length = rest.Count + _index + 1 + (_after is null ? 0 : 1);
        return _length.Value;
    }

    private TemplateValue Cycle(CallArguments call)
    {
        if (call.Positional.Count == 0) throw new TemplateFault("'loop.cycle' needs values to cycle through");
        return call.Positional[(int)(_index % call.Positional.Count)];
    }

    private TemplateValue Changed(CallArguments call)
    {
        var value = TemplateValue.Tuple(call.Positional);
        var changed = _lastChecked is null || !TemplateEquality.Equal(_lastChecked, value, call.Budget);
        _lastChecked = value;
        return changed;
    }
}
