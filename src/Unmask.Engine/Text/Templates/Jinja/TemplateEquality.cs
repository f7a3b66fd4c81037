namespace Unmask.Engine.Text.Templates.Jinja;

/// <summary>Python's equality and order of template values.</summary>
internal static class TemplateEquality
{
    public static bool Equal(TemplateValue a, TemplateValue b, RenderBudget? budget)
    {
        budget?.Step();
        if (a.IsNumber && b.IsNumber) return a.IsWhole && b.IsWhole ? a.AsWhole == b.AsWhole : a.AsReal == b.AsReal;
        if (a.Kind != b.Kind) return false;
        return a.Kind switch
        {
            TemplateKind.Undefined or TemplateKind.None => true,
            TemplateKind.Text => string.Equals(a.AsText, b.AsText, StringComparison.Ordinal),
            TemplateKind.List or TemplateKind.Tuple => EqualItems(a.AsItems, b.AsItems, budget),
            TemplateKind.Mapping => EqualMappings(a.AsMapping, b.AsMapping, budget),
            _ => ReferenceEquals(a, b),
        };
    }

    /// <summary>Less than zero, zero or more, as <paramref name="a"/> comes before, with or after <paramref name="b"/>.</summary>
    public static int Compare(TemplateValue a, TemplateValue b, RenderBudget budget)
    {
        budget.Step();
        if (a.IsNumber && b.IsNumber) return a.IsWhole && b.IsWhole ? a.AsWhole.CompareTo(b.AsWhole) : a.AsReal.CompareTo(b.AsReal);
        if (a.IsText && b.IsText) return CompareText(a.AsText, b.AsText);
        if (a.Kind == b.Kind && a.IsSequence)
        {
            for (var i = 0; i < a.AsItems.Count && i < b.AsItems.Count; i++)
            {
                if (!Equal(a.AsItems[i], b.AsItems[i], budget)) return Compare(a.AsItems[i], b.AsItems[i], budget);
            }

            return a.AsItems.Count.CompareTo(b.AsItems.Count);
        }

        if (a.IsUndefined) throw new TemplateFault(a.Reason);
        if (b.IsUndefined) throw new TemplateFault(b.Reason);
        throw new TemplateFault($"{a.KindName} and {b.KindName} have no order");
    }

    /// <summary>By code point, as Python does, where UTF-16 order differs.</summary>
    private static int CompareText(string a, string b)
    {
        for (var i = 0; i < a.Length && i < b.Length; i++)
        {
            if (a[i] == b[i]) continue;
            var (x, y) = (char.IsSurrogate(a[i]), char.IsSurrogate(b[i]));
            return x == y ? a[i].CompareTo(b[i]) : x ? 1 : -1;
        }

        return a.Length.CompareTo(b.Length);
    }

    private static bool EqualItems(IReadOnlyList<TemplateValue> a, IReadOnlyList<TemplateValue> b, RenderBudget? budget)
    {
        if (a.Count != b.Count) return false;
        for (var i = 0; i < a.Count; i++)
        {
            if (!Equal(a[i], b[i], budget)) return false;
        }

        return true;
    }

    private static bool EqualMappings(OrderedDictionary<TemplateValue, TemplateValue> a, OrderedDictionary<TemplateValue, TemplateValue> b, RenderBudget? budget)
    {
        if (a.Count != b.Count) return false;
        foreach (var (key, value) in a)
        {
            if (!b.TryGetValue(key, out var other) || !Equal(value, other, budget)) return false;
        }

        return true;
    }
}
