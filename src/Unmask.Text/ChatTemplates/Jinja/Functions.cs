namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>The functions every template sees, those of transformers included.</summary>
internal static class Functions
{
    public static IReadOnlyDictionary<string, TemplateValue> All { get; } = new Dictionary<string, TemplateValue>(StringComparer.Ordinal)
    {
        ["range"] = Make("range", "start stop? step? /", Range, "<class 'range'>"),
        ["namespace"] = Make("namespace", "* **", call => TemplateValue.Namespace(Entries(call)), "<class 'jinja2.utils.Namespace'>"),
        ["dict"] = Make("dict", "* **", call => TemplateValue.Mapping(Entries(call)), "<class 'dict'>"),
        ["joiner"] = Make("joiner", "sep?", call => TemplateValue.Object(new Joiner(call.Find(0, "sep") ?? ", ")), "<class 'jinja2.utils.Joiner'>"),
        ["cycler"] = Make("cycler", "*", call => TemplateValue.Object(new Cycler(call.Positional)), "<class 'jinja2.utils.Cycler'>"),
        ["lipsum"] = Make("lipsum", "* **", _ => throw new TemplateFault("'lipsum' writes another text each time, so that a run could not be repeated; write the text into the template")),
        ["raise_exception"] = Make("raise_exception", "message", call =>
            throw new UserError($"The chat template refuses this conversation: {TemplateFault.Shortened(PythonText.Str(call.Get(0, "message"), call.Budget))}")),
        ["strftime_now"] = Make("strftime_now", "format", call => TimeFormat.Write(DateTime.Now, call.GetText(0, "format"), call.Budget)),
    };

    private static TemplateValue Make(string name, string signature, Func<CallArguments, TemplateValue> body, string? repr = null)
    {
        var checkedSignature = new Signature(signature);
        return TemplateValue.Callable(new TemplateCallable(name, call =>
        {
            checkedSignature.Check(call);
            return body(call);
        })
        {
            Repr = repr ?? $"<function {name}>",
        });
    }

    private static TemplateValue Range(CallArguments call)
    {
        var start = call.Positional.Count > 1 ? call.GetWhole(0, "start") : 0;
        var stop = call.GetWhole(call.Positional.Count > 1 ? 1 : 0, "stop");
        var step = call.FindWhole(2, "step", 1);
        if (step == 0) throw new TemplateFault("the step of 'range' cannot be 0");
        var span = step > 0 ? (decimal)stop - start : (decimal)start - stop;
        var count = span <= 0 ? 0 : Math.Ceiling(span / Math.Abs((decimal)step));
        if (count > RenderBudget.LongestRange) throw new TemplateFault($"'range' would make {count} numbers; {RenderBudget.LongestRange} are allowed");
        return TemplateValue.Range(new RangeItems(start, stop, step, (int)count));
    }

    private static OrderedDictionary<TemplateValue, TemplateValue> Entries(CallArguments call)
    {
        var entries = new OrderedDictionary<TemplateValue, TemplateValue>();
        if (call.Positional.Count > 1) throw new TemplateFault($"'{call.Callee}' takes 1 argument by place, but {call.Positional.Count} are given");
        if (call.Positional is [var first])
        {
            if (first.Kind == TemplateKind.Mapping)
            {
                foreach (var (key, value) in first.AsMapping) entries[Sequences.Key(key, call.Budget)] = value;
            }
            else
            {
                foreach (var pair in Sequences.Enumerate(first, call.Budget))
                {
                    var parts = Sequences.ToList(pair, call.Budget);
                    if (parts.Count != 2) throw new TemplateFault($"'{call.Callee}' needs pairs of key and value");
                    entries[Sequences.Key(parts[0], call.Budget)] = parts[1];
                }
            }
        }

        foreach (var (name, value) in call.Named) entries[name] = value;
        return entries;
    }
}

/// <summary>A function that gives nothing the first time and its separator from then on.</summary>
internal sealed class Joiner(TemplateValue separator) : TemplateObject
{
    private static readonly Signature _none = new("");
    private bool _used;

    public override string KindName => "a joiner";

    public override bool CanBeCalled => true;

    public override TemplateValue? Attribute(string name) => name switch
    {
        "sep" => separator,
        "used" => _used,
        _ => null,
    };

    public override TemplateValue Call(CallArguments call)
    {
        _none.Check(call);
        var first = !_used;
        _used = true;
        return first ? "" : separator;
    }

    public override string Repr() => "<jinja2.utils.Joiner object>";
}

/// <summary>Values that come round and round.</summary>
internal sealed class Cycler : TemplateObject
{
    private static readonly Signature _none = new("");
    private readonly IReadOnlyList<TemplateValue> _items;
    private readonly TemplateValue _all;
    private int _at;

    public Cycler(IReadOnlyList<TemplateValue> items)
    {
        if (items.Count == 0) throw new TemplateFault("'cycler' needs values to cycle through");
        _items = items;
        _all = TemplateValue.Tuple(items);
    }

    public override string KindName => "a cycler";

    public override TemplateValue? Attribute(string name) => name switch
    {
        "current" => _items[_at],
        "items" => _all,
        "pos" => _at,
        "next" => Members.Method("next", _none, _ =>
        {
            var item = _items[_at];
            _at = (_at + 1) % _items.Count;
            return item;
        }),
        "reset" => Members.Method("reset", _none, _ =>
        {
            _at = 0;
            return TemplateValue.None;
        }),
        _ => null,
    };

    public override string Repr() => "<jinja2.utils.Cycler object>";
}
