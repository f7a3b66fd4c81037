namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>The filters that compare items or add them up.</summary>
internal static class OrderFilters
{
    public static IEnumerable<(string Names, string Signature, FilterBody Body)> All { get; } =
    [
        ("sort", "reverse? case_sensitive? attribute?", Sort),
        ("dictsort", "case_sensitive? by? reverse?", SortMapping),
        ("groupby", "attribute default? case_sensitive?", GroupBy),
        ("sum", "attribute? start?", Sum),
        ("min", "case_sensitive? attribute?", (value, call) => Extreme(value, call, "<")),
        ("max", "case_sensitive? attribute?", (value, call) => Extreme(value, call, ">")),
    ];

    private static TemplateValue Sort(TemplateValue value, CallArguments call)
    {
        var key = AttributePath.KeyOfMany(call.Find(2, "attribute"), call, call.FindFlag(1, "case_sensitive"));
        return TemplateValue.List(Sorted(Sequences.ToList(value, call.Budget), key, call.FindFlag(0, "reverse"), call.Budget));
    }

    /// <summary>Stable, also backwards.</summary>
    public static List<T> Sorted<T>(IReadOnlyList<T> items, Func<T, TemplateValue> key, bool reverse, RenderBudget budget) =>
        Sorted(items, key, (a, b) => TemplateEquality.Ordered("<", a, b, budget), reverse, budget);

    /// <param name="items">What is sorted, stable, also backwards.</param>
    /// <param name="key">What an item is sorted by.</param>
    /// <param name="less">Whether a key comes before another; pays for comparing them.</param>
    /// <param name="reverse">Whether the last come first.</param>
    /// <param name="budget">Pays for going through the items.</param>
    public static List<T> Sorted<T>(IReadOnlyList<T> items, Func<T, TemplateValue> key, Func<TemplateValue, TemplateValue, bool> less, bool reverse, RenderBudget budget)
    {
        budget.Step(items.Count);
        var keys = items.Select(key).ToArray();
        var order = Enumerable.Range(0, keys.Length).ToArray();
        var spare = new int[order.Length];
        Merge(0, order.Length);
        return [.. order.Select(at => items[at])];

        // A sort of our own, because .NET's wrap what a comparison throws and may compare an item with itself.
        void Merge(int from, int to)
        {
            if (to - from < 2) return;
            var middle = (from + to) / 2;
            Merge(from, middle);
            Merge(middle, to);
            Array.Copy(order, from, spare, from, to - from);
            var (left, right) = (from, middle);
            for (var i = from; i < to; i++)
            {
                var takeRight = left == middle || (right < to && (reverse ? Less(spare[left], spare[right]) : Less(spare[right], spare[left])));
                order[i] = takeRight ? spare[right++] : spare[left++];
            }
        }

        bool Less(int a, int b) => less(keys[a], keys[b]);
    }

    private static TemplateValue SortMapping(TemplateValue value, CallArguments call)
    {
        var by = call.Find(1, "by") ?? "key";
        if (!by.IsText || by.AsText is not ("key" or "value")) throw new TemplateFault($"'dictsort' sorts by 'key' or 'value', not by '{PythonText.Str(by, call.Budget)}'");
        if (value.Kind != TemplateKind.Mapping) throw new TemplateFault(value.IsUndefined ? value.Reason : $"'dictsort' needs a mapping, not {value.KindName}");
        var (part, caseSensitive) = (by.AsText == "key" ? 0 : 1, call.FindFlag(0, "case_sensitive"));
        var pairs = value.AsMapping.Select(entry => TemplateValue.Tuple(entry.Key, entry.Value)).ToList();
        return TemplateValue.List(Sorted(pairs, pair => caseSensitive ? pair.AsItems[part] : AttributePath.WithoutCase(pair.AsItems[part], call.Budget), call.FindFlag(2, "reverse"), call.Budget));
    }

    private static TemplateValue GroupBy(TemplateValue value, CallArguments call)
    {
        var (attribute, otherwise, caseSensitive) = (call.Get(0, "attribute"), call.Find(1, "default"), call.FindFlag(2, "case_sensitive"));
        var key = AttributePath.Getter(attribute, call, otherwise, caseSensitive);
        var shown = AttributePath.Getter(attribute, call, otherwise);
        var groups = new List<(TemplateValue Key, List<TemplateValue> Items)>();
        foreach (var item in Sorted(Sequences.ToList(value, call.Budget), key, reverse: false, call.Budget))
        {
            var own = key(item);
            if (groups.Count == 0 || !TemplateEquality.Equal(groups[^1].Key, own, call.Budget)) groups.Add((own, []));
            groups[^1].Items.Add(item);
        }

        return TemplateValue.List(groups.ConvertAll(group => TemplateValue.Group(shown(group.Items[0]), TemplateValue.List(group.Items))));
    }

    /// <summary>Python's <c>sum</c>, which keeps what floats lose on the way and adds it at the end.</summary>
    private static TemplateValue Sum(TemplateValue value, CallArguments call)
    {
        var attribute = call.Find(0, "attribute");
        var sum = call.Find(1, "start") ?? 0;
        if (sum.IsText) throw new TemplateFault("'sum' does not add texts; use 'join'");
        var part = attribute is null || attribute.Kind == TemplateKind.None ? item => item : AttributePath.Getter(attribute, call);
        var lost = 0.0;
        foreach (var item in Sequences.Enumerate(value, call.Budget).Select(part))
        {
            if (sum.Kind == TemplateKind.Float && (item.Kind == TemplateKind.Float || item.IsSmall))
            {
                var (x, y) = (sum.AsReal, item.AsReal);
                var total = x + y;
                lost += Math.Abs(x) >= Math.Abs(y) ? x - total + y : y - total + x;
                sum = total;
                continue;
            }

            sum = Operators.Apply("+", Whole(), item, call.Budget);
            lost = 0;
        }

        return Whole();

        TemplateValue Whole() => lost != 0 && double.IsFinite(lost) ? sum.AsReal + lost : sum;
    }

    private static TemplateValue Extreme(TemplateValue value, CallArguments call, string op)
    {
        var key = AttributePath.Getter(call.Find(1, "attribute"), call, caseSensitive: call.FindFlag(0, "case_sensitive"));
        TemplateValue? best = null;
        TemplateValue? bestKey = null;
        foreach (var item in Sequences.Enumerate(value, call.Budget))
        {
            var own = key(item);
            if (bestKey is not null && !TemplateEquality.Ordered(op, own, bestKey, call.Budget)) continue;
            (best, bestKey) = (item, own);
        }

        return best ?? TemplateValue.Undefined("an empty list has no smallest and no largest item");
    }
}

/// <summary>What filters call an attribute: a key, a place, or a path such as <c>function.name</c> or <c>0.role</c>.</summary>
internal static class AttributePath
{
    /// <param name="attribute">A text, a whole number, or none for the item itself.</param>
    /// <param name="otherwise">What stands for an undefined part.</param>
    /// <param name="caseSensitive">Whether texts keep their case.</param>
    public static Func<TemplateValue, TemplateValue> Getter(TemplateValue? attribute, CallArguments call, TemplateValue? otherwise = null, bool caseSensitive = true)
    {
        var parts = Parts(attribute, call.Budget);
        if (otherwise?.Kind == TemplateKind.None) otherwise = null;
        return item =>
        {
            foreach (var part in parts)
            {
                call.Budget.Step();
                item = Sequences.Item(item, part, call.Budget) ?? TemplateValue.Undefined(() => $"an item has no '{PythonText.Str(part, call.Budget)}'");
                if (item.IsUndefined && otherwise is not null) item = otherwise;
            }

            return caseSensitive ? item : WithoutCase(item, call.Budget);
        };
    }

    /// <summary>The sort key by one attribute or several with commas between them: a list, as in Jinja, so that equal parts are never ordered.</summary>
    public static Func<TemplateValue, TemplateValue> KeyOfMany(TemplateValue? attribute, CallArguments call, bool caseSensitive)
    {
        TemplateValue?[] all = attribute is { IsText: true } ? [.. Split(attribute.AsText, ',', call.Budget).Select(part => (TemplateValue)part)] : [attribute];
        var getters = Array.ConvertAll(all, part => Getter(part, call, caseSensitive: caseSensitive));
        return item => TemplateValue.List(Array.ConvertAll(getters, get => get(item)));
    }

    public static TemplateValue WithoutCase(TemplateValue value, RenderBudget budget)
    {
        if (!value.IsText) return value;
        budget.Scan(value.AsText.Length * 4L);
        return Unicode.FullCase.Lower(value.AsText);
    }

    private static TemplateValue[] Parts(TemplateValue? attribute, RenderBudget budget)
    {
        if (attribute is null || attribute.Kind == TemplateKind.None) return [];
        if (!attribute.IsText) return [attribute];
        budget.Step(attribute.AsText.Length / 8);
        return [.. Split(attribute.AsText, '.', budget).Select(part => part.Length > 0 && TextClasses.Is("isdigit", part) && NumberReading.Whole(part, 10) is { } index ? TemplateValue.Big(index) : part)];
    }

    /// <summary>The parts, each of which becomes a getter with a list of its own.</summary>
    private static string[] Split(string path, char separator, RenderBudget budget)
    {
        budget.Scan(path.Length);
        budget.Step(8L * path.AsSpan().Count(separator));
        return path.Split(separator);
    }
}
