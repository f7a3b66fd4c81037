using System.Text;

namespace Unmask.Engine.Text.Templates.Jinja;

/// <summary>The filters that work on lists and mappings.</summary>
internal static class ListFilters
{
    public static Dictionary<string, Func<TemplateValue, CallArguments, TemplateValue>> All { get; } = new(StringComparer.Ordinal)
    {
        ["list"] = (value, call) => TemplateValue.List(Operators.Iterate(value, call.Budget)),
        ["first"] = (value, call) => Operators.Iterate(value, call.Budget) is { Count: > 0 } items ? items[0] : TemplateValue.Undefined("an empty list has no first item"),
        ["last"] = (value, call) => Operators.Iterate(value, call.Budget) is { Count: > 0 } items ? items[^1] : TemplateValue.Undefined("an empty list has no last item"),
        ["join"] = Join,
        ["reverse"] = Reverse,
        ["sort"] = (value, call) => TemplateValue.List(Sort(Operators.Iterate(value, call.Budget), call, call.FindText(2, "attribute"), call.FindFlag(1, "case_sensitive"), call.FindFlag(0, "reverse"))),
        ["unique"] = Unique,
        ["dictsort"] = SortMapping,
        ["sum"] = Sum,
        ["min"] = (value, call) => Extreme(value, call, -1),
        ["max"] = (value, call) => Extreme(value, call, 1),
        ["map"] = Map,
        ["select"] = (value, call) => Select(value, call, 0, keep: true),
        ["reject"] = (value, call) => Select(value, call, 0, keep: false),
        ["selectattr"] = (value, call) => Select(value, call, 1, keep: true),
        ["rejectattr"] = (value, call) => Select(value, call, 1, keep: false),
        ["groupby"] = GroupBy,
        ["batch"] = Batch,
    };

    private static TemplateValue Join(TemplateValue value, CallArguments call)
    {
        var separator = call.FindText(0, "d") ?? "";
        var attribute = call.FindText(1, "attribute");
        var result = new StringBuilder();
        var first = true;
        foreach (var item in Operators.Iterate(value, call.Budget))
        {
            var text = PythonText.Str(attribute is null ? item : Attribute(item, attribute, call), call.Budget);
            call.Budget.Text(text.Length + separator.Length);
            result.Append(first ? "" : separator).Append(text);
            first = false;
        }

        return result.ToString();
    }

    private static TemplateValue Reverse(TemplateValue value, CallArguments call)
    {
        var items = Operators.Iterate(value, call.Budget).Reverse().ToList();
        call.Budget.Step(items.Count);
        return value.IsText ? string.Concat(items.Select(item => item.AsText)) : TemplateValue.List(items);
    }

    private static List<TemplateValue> Sort(IReadOnlyList<TemplateValue> items, CallArguments call, string? attribute, bool caseSensitive, bool reverse)
    {
        var keys = items.Select(item => SortKey(item, attribute, caseSensitive, call));
        var order = Comparer<TemplateValue>.Create((a, b) => TemplateEquality.Compare(a, b, call.Budget));
        var pairs = keys.Zip(items);
        try
        {
            return (reverse ? pairs.OrderByDescending(pair => pair.First, order) : pairs.OrderBy(pair => pair.First, order)).Select(pair => pair.Second).ToList();
        }
        catch (InvalidOperationException failure) when (failure.InnerException is TemplateFault fault)
        {
            throw fault;
        }
    }

    private static TemplateValue SortKey(TemplateValue item, string? attribute, bool caseSensitive, CallArguments call)
    {
        var key = attribute is null ? item : Attribute(item, attribute, call);
        return key.IsText && !caseSensitive ? key.AsText.ToLowerInvariant() : key;
    }

    private static TemplateValue Unique(TemplateValue value, CallArguments call)
    {
        var (caseSensitive, attribute) = (call.FindFlag(0, "case_sensitive"), call.FindText(1, "attribute"));
        var seen = new List<TemplateValue>();
        var kept = new List<TemplateValue>();
        foreach (var item in Operators.Iterate(value, call.Budget))
        {
            var key = SortKey(item, attribute, caseSensitive, call);
            if (seen.Exists(other => TemplateEquality.Equal(other, key, call.Budget))) continue;
            seen.Add(key);
            kept.Add(item);
        }

        return TemplateValue.List(kept);
    }

    private static TemplateValue SortMapping(TemplateValue value, CallArguments call)
    {
        if (value.IsUndefined) throw new TemplateFault(value.Reason);
        if (value.Kind != TemplateKind.Mapping) throw new TemplateFault($"'dictsort' needs a mapping, not {value.KindName}");
        var by = call.FindText(1, "by") ?? "key";
        if (by is not ("key" or "value")) throw new TemplateFault($"'dictsort' sorts by 'key' or 'value', not by '{by}'");
        return TemplateValue.List(Sort(Members.Pairs(value.AsMapping, call.Budget).AsItems, call, by == "key" ? "0" : "1", call.FindFlag(0, "case_sensitive"), call.FindFlag(2, "reverse")));
    }

    private static TemplateValue Sum(TemplateValue value, CallArguments call)
    {
        var attribute = call.FindText(0, "attribute");
        var sum = call.Find(1, "start") ?? 0;
        foreach (var item in Operators.Iterate(value, call.Budget)) sum = Operators.Apply("+", sum, attribute is null ? item : Attribute(item, attribute, call), call.Budget);
        return sum;
    }

    private static TemplateValue Extreme(TemplateValue value, CallArguments call, int sign)
    {
        var (caseSensitive, attribute) = (call.FindFlag(0, "case_sensitive"), call.FindText(1, "attribute"));
        TemplateValue? best = null;
        TemplateValue? bestKey = null;
        foreach (var item in Operators.Iterate(value, call.Budget))
        {
            var key = SortKey(item, attribute, caseSensitive, call);
            if (bestKey is not null && TemplateEquality.Compare(key, bestKey, call.Budget) * sign <= 0) continue;
            (best, bestKey) = (item, key);
        }

        return best ?? TemplateValue.Undefined("an empty list has no smallest and no largest item");
    }

    private static TemplateValue Map(TemplateValue value, CallArguments call)
    {
        var items = Operators.Iterate(value, call.Budget);
        if (call.Positional.Count == 0)
        {
            var attribute = call.GetText(0, "attribute");
            var otherwise = call.Named.GetValueOrDefault("default");
            return TemplateValue.List(items.Select(item => Attribute(item, attribute, call) is { IsUndefined: true } missing ? otherwise ?? missing : Attribute(item, attribute, call)).ToList());
        }

        var name = call.GetText(0, "filter");
        var inner = call.Skip(1, name);
        return TemplateValue.List(items.Select(item => Filters.Apply(name, item, inner)).ToList());
    }

    /// <summary>Keeps or drops the items that pass a test; the first argument names an attribute to test where <paramref name="skip"/> is 1.</summary>
    private static TemplateValue Select(TemplateValue value, CallArguments call, int skip, bool keep)
    {
        var attribute = skip == 1 ? call.GetText(0, "attribute") : null;
        var test = call.Positional.Count > skip ? call.GetText(skip, "test") : null;
        if (test is not null && !Tests.Exists(test)) throw new TemplateFault($"there is no test '{test}'; the tests are {Tests.Names}");
        var inner = call.Skip(skip + 1, test ?? call.Callee);
        var kept = new List<TemplateValue>();
        foreach (var item in Operators.Iterate(value, call.Budget))
        {
            var subject = attribute is null ? item : Attribute(item, attribute, call);
            if ((test is null ? subject.IsTrue : Tests.Holds(test, subject, inner)) == keep) kept.Add(item);
        }

        return TemplateValue.List(kept);
    }

    private static TemplateValue GroupBy(TemplateValue value, CallArguments call)
    {
        var attribute = call.GetText(0, "attribute");
        var groups = new List<(TemplateValue Key, List<TemplateValue> Items)>();
        foreach (var item in Sort(Operators.Iterate(value, call.Budget), call, attribute, call.FindFlag(2, "case_sensitive"), reverse: false))
        {
            var key = Attribute(item, attribute, call);
            if (groups.Count == 0 || !TemplateEquality.Equal(groups[^1].Key, key, call.Budget)) groups.Add((key, []));
            groups[^1].Items.Add(item);
        }

        return TemplateValue.List(groups.ConvertAll(group => TemplateValue.Tuple(group.Key, TemplateValue.List(group.Items))));
    }

    private static TemplateValue Batch(TemplateValue value, CallArguments call)
    {
        var size = call.GetWhole(0, "linecount");
        if (size < 1) throw new TemplateFault($"'batch' needs a size of at least 1, not {size}");
        var batches = Operators.Iterate(value, call.Budget).Chunk((int)Math.Min(size, int.MaxValue)).Select(chunk => chunk.ToList()).ToList();
        var fill = call.Find(1, "fill_with");
        if (fill is not null && batches.Count > 0)
        {
            call.Budget.Step(size);
            while (batches[^1].Count < size) batches[^1].Add(fill);
        }

        return TemplateValue.List(batches.ConvertAll(batch => TemplateValue.List(batch)));
    }

    /// <summary>A path such as <c>function.name</c> or <c>0.role</c> from an item.</summary>
    private static TemplateValue Attribute(TemplateValue item, string path, CallArguments call)
    {
        foreach (var part in path.Split('.'))
        {
            TemplateValue key = long.TryParse(part, out var index) ? index : part;
            item = Operators.Item(item, key, call.Budget) ?? TemplateValue.Undefined($"an item has no '{path}'");
        }

        return item;
    }
}
