namespace Unmask.Engine.Text.Templates.Jinja;

/// <summary>What stands behind a point: a method, the value of a key, an attribute of a namespace or of a loop.</summary>
internal static class Members
{
    /// <summary>The member, or null when there is none.</summary>
    public static TemplateValue? Find(TemplateValue holder, string name)
    {
        switch (holder.Kind)
        {
            case TemplateKind.Undefined:
                throw new TemplateFault(holder.Reason);
            case TemplateKind.Text:
                return TextMethods.Find(holder.AsText, name);
            case TemplateKind.Mapping:
                return FindMethod(holder, name) ?? holder.AsMapping.GetValueOrDefault(name);
            case TemplateKind.Namespace:
                return holder.AsMapping.GetValueOrDefault(name);
            case TemplateKind.Loop:
                return holder.AsLoop.Attribute(name);
            case TemplateKind.List or TemplateKind.Tuple:
                return FindListMethod(holder, name);
            default:
                return null;
        }
    }

    public static TemplateValue Pairs(OrderedDictionary<TemplateValue, TemplateValue> mapping, RenderBudget budget)
    {
        budget.Step(mapping.Count);
        return TemplateValue.List(mapping.Select(entry => TemplateValue.Tuple(entry.Key, entry.Value)).ToList());
    }

    private static TemplateValue? FindMethod(TemplateValue holder, string name)
    {
        var mapping = holder.AsMapping;
        return name switch
        {
            "get" => TemplateValue.Callable(name, call =>
            {
                var key = Operators.Key(call.Get(0, "key"));
                return mapping.TryGetValue(key, out var value) ? value : call.Find(1, "default") ?? TemplateValue.None;
            }),
            "items" => TemplateValue.Callable(name, call => Pairs(mapping, call.Budget)),
            "keys" => TemplateValue.Callable(name, call => TemplateValue.List(Operators.Iterate(holder, call.Budget))),
            "values" => TemplateValue.Callable(name, call =>
            {
                call.Budget.Step(mapping.Count);
                return TemplateValue.List([.. mapping.Values]);
            }),
            "copy" => TemplateValue.Callable(name, _ => holder),
            "update" or "pop" or "popitem" or "clear" or "setdefault" when !mapping.ContainsKey(name) => Forbidden(name),
            _ => null,
        };
    }

    private static TemplateValue? FindListMethod(TemplateValue holder, string name) => name switch
    {
        "index" => TemplateValue.Callable(name, call =>
        {
            var wanted = call.Get(0, "value");
            for (var i = 0; i < holder.AsItems.Count; i++)
            {
                if (TemplateEquality.Equal(holder.AsItems[i], wanted, call.Budget)) return i;
            }

            throw new TemplateFault("'index' finds no such item in the list");
        }),
        "count" => TemplateValue.Callable(name, call => holder.AsItems.Count(item => TemplateEquality.Equal(item, call.Get(0, "value"), call.Budget))),
        "append" or "extend" or "insert" or "pop" or "remove" or "clear" or "sort" or "reverse" => Forbidden(name),
        _ => null,
    };

    /// <summary>As in transformers' sandbox, a template cannot change a list or a mapping.</summary>
    private static TemplateValue Forbidden(string name) => TemplateValue.Callable(name, _ =>
        throw new TemplateFault($"'{name}' would change a value, which templates may not do; build a new one with '+' or a namespace"));
}
