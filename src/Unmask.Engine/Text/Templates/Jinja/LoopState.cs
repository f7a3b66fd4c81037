namespace Unmask.Engine.Text.Templates.Jinja;

/// <summary>The <c>loop</c> variable. Its depth counts recursive loops, which do not exist here, so it is always 1.</summary>
internal sealed class LoopState(IReadOnlyList<TemplateValue> items)
{
    private TemplateValue? _lastChecked;

    public int Index { get; set; }

    public TemplateValue? Attribute(string name) => name switch
    {
        "index" => Index + 1,
        "index0" => Index,
        "revindex" => items.Count - Index,
        "revindex0" => items.Count - Index - 1,
        "first" => Index == 0,
        "last" => Index == items.Count - 1,
        "length" => items.Count,
        "depth" => 1,
        "depth0" => 0,
        "previtem" => Index > 0 ? items[Index - 1] : TemplateValue.Undefined("there is no previous item"),
        "nextitem" => Index + 1 < items.Count ? items[Index + 1] : TemplateValue.Undefined("there is no next item"),
        "cycle" => TemplateValue.Callable("loop.cycle", Cycle),
        "changed" => TemplateValue.Callable("loop.changed", Changed),
        _ => null,
    };

    private TemplateValue Cycle(CallArguments call)
    {
        if (call.Positional.Count == 0) throw new TemplateFault("'loop.cycle' needs values to cycle through");
        return call.Positional[Index % call.Positional.Count];
    }

    private TemplateValue Changed(CallArguments call)
    {
        var value = TemplateValue.Tuple(call.Positional);
        var changed = _lastChecked is null || !TemplateEquality.Equal(_lastChecked, value, call.Budget);
        _lastChecked = value;
        return changed;
    }
}
