using System.Text;

namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>Going through values, their length, their parts.</summary>
internal static class Sequences
{
    /// <summary>The items one by one: of a mapping its keys, of a text its characters, of an undefined value none. Each item is paid for.</summary>
    public static IEnumerable<TemplateValue> Enumerate(TemplateValue value, RenderBudget budget) => value.Kind switch
    {
        TemplateKind.List or TemplateKind.Tuple => Paid(value.AsItems, budget),
        TemplateKind.Range => Paid(value.AsRange, budget),
        TemplateKind.Mapping => Paid(value.AsMapping.Keys, budget),
        TemplateKind.View => Paid(value.AsView.Items, budget),
        TemplateKind.Iterator => Paid(value.AsIterator.Rest(), budget),
        TemplateKind.Text => Paid(Characters(value), budget),
        TemplateKind.Undefined => [],
        TemplateKind.Object when value.AsObject.Items is { } items => Paid(items, budget),
        _ => throw new TemplateFault($"{value.KindName} has no items to go through"),
    };

    /// <summary>All items at once.</summary>
    public static IReadOnlyList<TemplateValue> ToList(TemplateValue value, RenderBudget budget) => value.IsSequence ? value.AsItems : [.. Enumerate(value, budget)];

    public static bool CanEnumerate(TemplateValue value) =>
        value.Kind is TemplateKind.List or TemplateKind.Tuple or TemplateKind.Range or TemplateKind.Mapping or TemplateKind.View or TemplateKind.Iterator or TemplateKind.Text or TemplateKind.Undefined
        || (value.Kind == TemplateKind.Object && value.AsObject.Items is not null);

    public static long Length(TemplateValue value, RenderBudget budget)
    {
        switch (value.Kind)
        {
            case TemplateKind.Text:
                budget.Scan(value.AsText.Length);
                return PythonText.Length(value.AsText);
            case TemplateKind.List or TemplateKind.Tuple:
                return value.AsItems.Count;
            case TemplateKind.Range:
                return value.AsRange.Count;
            case TemplateKind.Mapping:
                return value.AsMapping.Count;
            case TemplateKind.View:
                return value.AsView.Mapping.Count;
            case TemplateKind.Undefined:
                return 0;
            default:
                return (value.Kind == TemplateKind.Object ? value.AsObject.Length : null) ?? throw new TemplateFault($"{value.KindName} has no length");
        }
    }

    public static bool Contains(TemplateValue holder, TemplateValue item, RenderBudget budget)
    {
        switch (holder.Kind)
        {
            case TemplateKind.Text:
                if (!item.IsText) throw new TemplateFault(item.IsUndefined ? item.Reason : $"a text cannot contain {item.KindName}");
                budget.Scan(holder.AsText.Length + item.AsText.Length);
                budget.Step(holder.AsText.Length / 16);
                return new TextFinder(item.AsText, budget).First(holder.AsText) >= 0;
            case TemplateKind.Mapping:
                return holder.AsMapping.ContainsKey(Key(item, budget));
            case TemplateKind.View when holder.AsView.Name == "dict_keys":
                return holder.AsView.Mapping.ContainsKey(Key(item, budget));
            case TemplateKind.List or TemplateKind.Tuple or TemplateKind.Range or TemplateKind.View or TemplateKind.Iterator or TemplateKind.Undefined or TemplateKind.Object:
                foreach (var member in Enumerate(holder, budget))
                {
                    if (ReferenceEquals(member, item) || TemplateEquality.Equal(member, item, budget)) return true;
                }

                return false;
            default:
                throw new TemplateFault($"'in' needs a text, a list or a mapping on its right, not {holder.KindName}");
        }
    }

    /// <summary><c>holder[key]</c>, or null when there is no such item.</summary>
    public static TemplateValue? Item(TemplateValue holder, TemplateValue key, RenderBudget budget)
    {
        if (holder.IsUndefined) throw new TemplateFault(holder.Reason);
        if (holder.Kind == TemplateKind.Mapping && IsKey(key, budget) && holder.AsMapping.TryGetValue(key, out var value)) return value;
        if (!key.IsWhole) return key.IsText ? Members.Find(holder, key.AsText, budget) : null;
        if (holder.IsText) return Character(holder, key.AsWhole, budget);
        IReadOnlyList<TemplateValue>? items = holder.IsSequence ? holder.AsItems : holder.Kind == TemplateKind.Range ? holder.AsRange : null;
        if (items is null) return null;
        var index = key.AsWhole < 0 ? key.AsWhole + items.Count : key.AsWhole;
        return index >= 0 && index < items.Count ? items[(int)index] : null;
    }

    public static TemplateValue Slice(TemplateValue target, long? from, long? to, long step, RenderBudget budget)
    {
        if (target.IsUndefined) throw new TemplateFault(target.Reason);
        if (!CanSlice(target)) throw new TemplateFault($"{target.KindName} cannot be sliced");
        if (step == 0) throw new TemplateFault("the step of a slice cannot be 0");
        var count = Length(target, budget);
        var (low, high) = step > 0 ? (0L, count) : (-1L, count - 1);
        long Bound(long value) => Math.Clamp(value < 0 ? value + count : value, low, high);
        var start = from is null ? (step > 0 ? low : high) : Bound(from.Value);
        var end = to is null ? (step > 0 ? high : low) : Bound(to.Value);
        step = Math.Clamp(step, -count - 1, count + 1);
        if (target.IsText) return SliceText(target, start, end, step, count, budget);
        var picked = new List<TemplateValue>();
        IReadOnlyList<TemplateValue> items = target.IsSequence ? target.AsItems : target.AsRange;
        budget.Step(1 + (Math.Abs(end - start) / Math.Abs(step)));
        for (var i = start; step > 0 ? i < end : i > end; i += step) picked.Add(items[(int)i]);
        if (target.Kind != TemplateKind.Range) return target.Kind == TemplateKind.Tuple ? TemplateValue.Tuple(picked) : TemplateValue.List(picked);
        var range = target.AsRange;
        return TemplateValue.Range(new RangeItems(range.Start + (start * range.Step), range.Start + (end * range.Step), range.Step * step, picked.Count));
    }

    public static bool CanSlice(TemplateValue target) => target.IsText || target.IsSequence || target.Kind == TemplateKind.Range;

    /// <summary>A value that may be the key of a mapping.</summary>
    public static TemplateValue Key(TemplateValue value, RenderBudget budget) => IsKey(value, budget) ? value : throw new TemplateFault($"{value.KindName} cannot be the key of a mapping");

    /// <summary>Whether a value may be a key; pays for finding it among the keys of a mapping.</summary>
    public static bool IsKey(TemplateValue value, RenderBudget budget)
    {
        budget.Step(1 + (value.IsText ? value.AsText.Length / 256 : value.IsWhole && !value.IsSmall ? value.AsBig.GetBitLength() / 4096 : 0));
        return value.Kind switch
        {
            TemplateKind.List or TemplateKind.Mapping => false,
            TemplateKind.View => value.AsView.Name == "dict_values",
            TemplateKind.Tuple => value.AsItems.All(item => IsKey(item, budget)),
            _ => true,
        };
    }

    private static IEnumerable<TemplateValue> Paid(IEnumerable<TemplateValue> items, RenderBudget budget)
    {
        foreach (var item in items)
        {
            budget.Step();
            yield return item;
        }
    }

    private static IEnumerable<TemplateValue> Characters(TemplateValue text)
    {
        var content = text.AsText;
        for (var i = 0; i < content.Length; i++)
        {
            var width = PythonText.Width(content, i);
            var character = content.Substring(i, width);
            i += width - 1;
            yield return character;
        }
    }

    private static TemplateValue? Character(TemplateValue text, long index, RenderBudget budget)
    {
        var content = text.AsText;
        var count = Length(text, budget);
        if (index < 0) index += count;
        if (index < 0 || index >= count) return null;
        var at = count == content.Length ? (int)index : PythonText.UnitOf(content, (int)index);
        return PythonText.Like(text, content.Substring(at, PythonText.Width(content, at)));
    }

    private static TemplateValue SliceText(TemplateValue target, long start, long end, long step, long count, RenderBudget budget)
    {
        var content = target.AsText;
        if (step == 1)
        {
            if (end <= start) return PythonText.Like(target, "");
            var whole = count == content.Length;
            var (first, last) = whole ? ((int)start, (int)end) : (PythonText.UnitOf(content, (int)start), PythonText.UnitOf(content, (int)end));
            budget.Text(last - first);
            return PythonText.Like(target, content[first..last]);
        }

        budget.Text(content.Length);
        budget.Step(count / 4);
        var places = count == content.Length ? null : Places(content, (int)count);
        var result = new StringBuilder();
        for (var i = start; step > 0 ? i < end : i > end; i += step)
        {
            var at = places is null ? (int)i : places[i];
            result.Append(content, at, PythonText.Width(content, at));
        }

        return PythonText.Like(target, result.ToString());
    }

    /// <summary>Where each code point begins.</summary>
    private static int[] Places(string text, int count)
    {
        var places = new int[count];
        for (int i = 0, at = 0; i < count; at += PythonText.Width(text, at), i++) places[i] = at;
        return places;
    }
}
