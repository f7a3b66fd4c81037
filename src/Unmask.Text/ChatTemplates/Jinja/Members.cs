namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>What stands behind a point: a method, the value of a key, an attribute of a namespace or of a loop.</summary>
internal static class Members
{
    private static readonly HashSet<string> _changeMapping = new(StringComparer.Ordinal) { "clear", "pop", "popitem", "setdefault", "update" };

    private static readonly HashSet<string> _changeList = new(StringComparer.Ordinal) { "append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove" };

    private static readonly Signature _one = new("value /");
    private static readonly Signature _none = new("");

    /// <summary><c>holder.name</c>: an attribute, else the value of a key; null when there is neither.</summary>
    public static TemplateValue? Get(TemplateValue holder, string name, RenderBudget budget) =>
        Find(holder, name, budget) ?? (holder.Kind == TemplateKind.Mapping ? holder.AsMapping.GetValueOrDefault(name) : null);

    /// <summary>The attribute, or null when there is none. What would change a value or lead out of the template is undefined.</summary>
    public static TemplateValue? Find(TemplateValue holder, string name, RenderBudget budget)
    {
        budget.Step(name.Length / 256);
        if (name.Length > 4 && name.StartsWith("__", StringComparison.Ordinal) && name.EndsWith("__", StringComparison.Ordinal))
        {
            return TemplateValue.Undefined(() => $"templates may not use '{name}'");
        }

        if (holder.IsUndefined) throw new TemplateFault(holder.Reason);
        return holder.Kind switch
        {
            TemplateKind.Text => TextMethods.Find(holder, name),
            TemplateKind.Mapping => OfMapping(holder, name),
            TemplateKind.Namespace => holder.AsMapping.GetValueOrDefault(name),
            TemplateKind.Object => holder.AsObject.Attribute(name),
            TemplateKind.List when _changeList.Contains(name) => Forbidden(name),
            TemplateKind.List when name == "copy" => Method(name, _none, _ => holder),
            TemplateKind.Tuple when holder.IsGroup && name is "grouper" or "list" => holder.AsItems[name == "list" ? 1 : 0],
            TemplateKind.List or TemplateKind.Tuple => OfItems(holder.AsItems, name),
            TemplateKind.Range => name switch
            {
                "start" => holder.AsRange.Start,
                "stop" => holder.AsRange.Stop,
                "step" => holder.AsRange.Step,
                _ => OfItems(holder.AsRange, name),
            },
            TemplateKind.Boolean or TemplateKind.Integer or TemplateKind.Float => NumberMethods.Find(holder, name),
            TemplateKind.Callable => holder.AsCallable.Attributes?.Invoke(name),
            _ => null,
        };
    }

    public static TemplateValue Method(string name, Signature signature, Func<CallArguments, TemplateValue> body) => TemplateValue.Callable(new TemplateCallable(name, call =>
    {
        signature.Check(call);
        return body(call);
    })
    {
        Repr = $"<built-in method {name}>",
    });

    private static readonly Signature _get = new("key default? /");
    private static readonly Signature _fromKeys = new("iterable value? /");

    private static TemplateValue? OfMapping(TemplateValue holder, string name)
    {
        var mapping = holder.AsMapping;
        return name switch
        {
            "get" => Method(name, _get, call => mapping.TryGetValue(Sequences.Key(call.Positional[0], call.Budget), out var value) ? value : call.Find(1, "") ?? TemplateValue.None),
            "items" or "keys" or "values" => Method(name, _none, _ => TemplateValue.View("dict_" + name, holder)),
            "copy" => Method(name, _none, _ => holder),
            "fromkeys" => Method(name, _fromKeys, call =>
            {
                var entries = new OrderedDictionary<TemplateValue, TemplateValue>();
                foreach (var key in Sequences.Enumerate(call.Positional[0], call.Budget)) entries[Sequences.Key(key, call.Budget)] = call.Find(1, "") ?? TemplateValue.None;
                return TemplateValue.Mapping(entries);
            }),
            _ => _changeMapping.Contains(name) ? Forbidden(name) : null,
        };
    }

    private static readonly Signature _index = new("value start? stop? /");

    private static TemplateValue? OfItems(IReadOnlyList<TemplateValue> items, string name)
    {
        if (name == "count") return Method(name, _one, call => items.Count(item => TemplateEquality.Equal(item, call.Positional[0], call.Budget)));
        if (name != "index") return null;
        return Method(name, items is RangeItems ? _one : _index, call =>
        {
            var (from, to) = (Bound(call.FindWhole(1, "start", 0)), Bound(call.FindWhole(2, "stop", items.Count)));
            for (var i = from; i < to; i++)
            {
                if (TemplateEquality.Equal(items[(int)i], call.Positional[0], call.Budget)) return i;
            }

            throw new TemplateFault("'index' finds no such item in the list");
        });

        long Bound(long value) => Math.Clamp(value < 0 ? value + items.Count : value, 0, items.Count);
    }

    /// <summary>As in transformers' sandbox, a template cannot change a list or a mapping.</summary>
    private static TemplateValue Forbidden(string name) => TemplateValue.Undefined(() => $"'{name}' would change a value, which templates may not do; build a new one with '+' or a namespace");
}
