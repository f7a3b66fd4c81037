namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>Python's equality and order of template values.</summary>
internal static class TemplateEquality
{
    public static bool Equal(TemplateValue a, TemplateValue b, RenderBudget? budget)
    {
        budget?.Step();
        if (a.IsNumber && b.IsNumber) return EqualNumbers(a, b);
        if (a.Kind != b.Kind) return false;
        switch (a.Kind)
        {
            case TemplateKind.Undefined or TemplateKind.None:
                return true;
            case TemplateKind.Text:
                budget?.Step(Math.Min(a.AsText.Length, b.AsText.Length) / 256);
                return string.Equals(a.AsText, b.AsText, StringComparison.Ordinal);
            case TemplateKind.List or TemplateKind.Tuple:
                return EqualItems(a.AsItems, b.AsItems, budget);
            case TemplateKind.Range:
                return a.AsRange.Same == b.AsRange.Same;
            case TemplateKind.Mapping:
                return EqualMappings(a.AsMapping, b.AsMapping, budget);
            case TemplateKind.View when a.AsView.Name != "dict_values" && a.AsView.Name == b.AsView.Name:
                return a.AsView.Name == "dict_items" ? EqualMappings(a.AsView.Mapping, b.AsView.Mapping, budget)
                    : a.AsView.Mapping.Count == b.AsView.Mapping.Count && a.AsView.Mapping.Keys.All(key => PaidKey(key, budget) && b.AsView.Mapping.ContainsKey(key));
            case TemplateKind.Object:
                return ReferenceEquals(a.AsObject, b.AsObject);
            case TemplateKind.Callable:
                return ReferenceEquals(a.AsCallable, b.AsCallable);
            case TemplateKind.Namespace:
                return ReferenceEquals(a.AsMapping, b.AsMapping);
            default:
                return ReferenceEquals(a, b);
        }
    }

    /// <summary>One of <c>&lt;</c>, <c>&lt;=</c>, <c>&gt;</c> and <c>&gt;=</c>; with a not-a-number none holds.</summary>
    public static bool Ordered(string op, TemplateValue a, TemplateValue b, RenderBudget budget)
    {
        budget.Step();
        if (a.IsNumber && b.IsNumber) return !IsNaN(a) && !IsNaN(b) && Holds(op, CompareNumbers(a, b));
        if (a.IsText && b.IsText)
        {
            budget.Step(Math.Min(a.AsText.Length, b.AsText.Length) / 64);
            return Holds(op, CompareText(a.AsText, b.AsText));
        }

        if (a.Kind == b.Kind && a.IsSequence)
        {
            budget.Step(Math.Min(a.AsItems.Count, b.AsItems.Count) / 16);
            for (var i = 0; i < a.AsItems.Count && i < b.AsItems.Count; i++)
            {
                if (!ReferenceEquals(a.AsItems[i], b.AsItems[i]) && !Equal(a.AsItems[i], b.AsItems[i], budget)) return Ordered(op, a.AsItems[i], b.AsItems[i], budget);
            }

            return Holds(op, a.AsItems.Count.CompareTo(b.AsItems.Count));
        }

        if (a.IsUndefined) throw new TemplateFault(a.Reason);
        if (b.IsUndefined) throw new TemplateFault(b.Reason);
        throw new TemplateFault($"{a.KindName} and {b.KindName} have no order");
    }

    private static bool Holds(string op, int order) => op switch
    {
        "<" => order < 0,
        "<=" => order <= 0,
        ">" => order > 0,
        _ => order >= 0,
    };

    private static bool IsNaN(TemplateValue value) => value.Kind == TemplateKind.Float && double.IsNaN(value.AsReal);

    private static bool EqualNumbers(TemplateValue a, TemplateValue b) => !IsNaN(a) && !IsNaN(b) && CompareNumbers(a, b) == 0;

    private static int CompareNumbers(TemplateValue a, TemplateValue b)
    {
        if (a.IsSmall && b.IsSmall) return a.AsWhole.CompareTo(b.AsWhole);
        if (a.IsWhole && b.IsWhole) return a.AsBig.CompareTo(b.AsBig);
        if (a.IsWhole) return BigNumbers.Compare(a.AsBig, b.AsReal);
        if (b.IsWhole) return -BigNumbers.Compare(b.AsBig, a.AsReal);
        return a.AsReal.CompareTo(b.AsReal);
    }

    /// <summary>By code point, as Python does, where UTF-16 order differs.</summary>
    private static int CompareText(string a, string b)
    {
        var same = a.AsSpan().CommonPrefixLength(b);
        if (same == a.Length || same == b.Length) return a.Length.CompareTo(b.Length);
        var (x, y) = (char.IsSurrogate(a[same]), char.IsSurrogate(b[same]));
        return x == y ? a[same].CompareTo(b[same]) : x ? 1 : -1;
    }

    private static bool EqualItems(IReadOnlyList<TemplateValue> a, IReadOnlyList<TemplateValue> b, RenderBudget? budget)
    {
        if (a.Count != b.Count) return false;
        budget?.Step(a.Count / 16);
        for (var i = 0; i < a.Count; i++)
        {
            if (!ReferenceEquals(a[i], b[i]) && !Equal(a[i], b[i], budget)) return false;
        }

        return true;
    }

    private static bool EqualMappings(OrderedDictionary<TemplateValue, TemplateValue> a, OrderedDictionary<TemplateValue, TemplateValue> b, RenderBudget? budget)
    {
        if (a.Count != b.Count) return false;
        foreach (var (key, value) in a)
        {
            if (!PaidKey(key, budget) || !b.TryGetValue(key, out var other) || !(ReferenceEquals(value, other) || Equal(value, other, budget))) return false;
        }

        return true;
    }

    private static bool PaidKey(TemplateValue key, RenderBudget? budget) => budget is null || Sequences.IsKey(key, budget);
}
