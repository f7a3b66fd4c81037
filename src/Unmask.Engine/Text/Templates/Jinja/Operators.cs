using System.Text;

namespace Unmask.Engine.Text.Templates.Jinja;

/// <summary>Python's operators on template values.</summary>
internal static class Operators
{
    public static TemplateValue Sign(string op, TemplateValue value)
    {
        if (value.IsUndefined) throw new TemplateFault(value.Reason);
        if (!value.IsNumber) throw new TemplateFault($"'{op}' needs a number, not {value.KindName}");
        if (value.IsWhole) return op == "-" ? Exact(() => checked(-value.AsWhole)) : value.AsWhole;
        return op == "-" ? -value.AsReal : value.AsReal;
    }

    public static TemplateValue Apply(string op, TemplateValue a, TemplateValue b, RenderBudget budget)
    {
        if (op == "~") return Join(PythonText.Str(a, budget), PythonText.Str(b, budget), budget);
        if (op == "%" && a.IsText) return PrintfFormat.Apply(a.AsText, b, budget);
        if (a.IsUndefined) throw new TemplateFault(a.Reason);
        if (b.IsUndefined) throw new TemplateFault(b.Reason);
        if (a.IsNumber && b.IsNumber) return Arithmetic(op, a, b);
        if (op == "+" && a.IsText && b.IsText) return Join(a.AsText, b.AsText, budget);
        if (op == "+" && a.IsSequence && a.Kind == b.Kind)
        {
            budget.Step(a.AsItems.Count + b.AsItems.Count);
            return Same(a, [.. a.AsItems, .. b.AsItems]);
        }

        if (op == "*" && a.IsWhole) (a, b) = (b, a);
        if (op == "*" && b.IsWhole && (a.IsText || a.IsSequence)) return Repeat(a, Math.Max(0, b.AsWhole), budget);
        var hint = op == "+" && (a.IsText || b.IsText) ? "; '~' joins anything as text" : "";
        throw new TemplateFault($"'{op}' does not go between {a.KindName} and {b.KindName}{hint}");
    }

    public static bool Compare(string op, TemplateValue a, TemplateValue b, RenderBudget budget) => op switch
    {
        "==" => TemplateEquality.Equal(a, b, budget),
        "!=" => !TemplateEquality.Equal(a, b, budget),
        "<" => TemplateEquality.Compare(a, b, budget) < 0,
        "<=" => TemplateEquality.Compare(a, b, budget) <= 0,
        ">" => TemplateEquality.Compare(a, b, budget) > 0,
        ">=" => TemplateEquality.Compare(a, b, budget) >= 0,
        "in" => Contains(b, a, budget),
        _ => !Contains(b, a, budget),
    };

    public static bool Contains(TemplateValue holder, TemplateValue item, RenderBudget budget)
    {
        switch (holder.Kind)
        {
            case TemplateKind.Text:
                if (item.IsUndefined) throw new TemplateFault(item.Reason);
                if (!item.IsText) throw new TemplateFault($"a text cannot contain {item.KindName}");
                budget.Step(holder.AsText.Length / 64);
                return holder.AsText.Contains(item.AsText, StringComparison.Ordinal);
            case TemplateKind.List or TemplateKind.Tuple:
                foreach (var member in holder.AsItems)
                {
                    if (TemplateEquality.Equal(member, item, budget)) return true;
                }

                return false;
            case TemplateKind.Mapping:
                return holder.AsMapping.ContainsKey(Key(item));
            case TemplateKind.Undefined:
                return false;
            default:
                throw new TemplateFault($"'in' needs a text, a list or a mapping on its right, not {holder.KindName}");
        }
    }

    public static IReadOnlyList<TemplateValue> Iterate(TemplateValue value, RenderBudget budget)
    {
        switch (value.Kind)
        {
            case TemplateKind.List or TemplateKind.Tuple:
                return value.AsItems;
            case TemplateKind.Mapping:
                budget.Step(value.AsMapping.Count);
                return [.. value.AsMapping.Keys];
            case TemplateKind.Text:
                budget.Step(value.AsText.Length);
                return PythonText.CodePoints(value.AsText).ConvertAll(point => (TemplateValue)point);
            case TemplateKind.Undefined:
                return [];
            default:
                throw new TemplateFault($"{value.KindName} has no items to go through");
        }
    }

    public static long Length(TemplateValue value) => value.Kind switch
    {
        TemplateKind.Text => PythonText.Length(value.AsText),
        TemplateKind.List or TemplateKind.Tuple => value.AsItems.Count,
        TemplateKind.Mapping => value.AsMapping.Count,
        TemplateKind.Undefined => 0,
        _ => throw new TemplateFault($"{value.KindName} has no length"),
    };

    /// <summary><c>holder[key]</c>, or null when there is no such item.</summary>
    public static TemplateValue? Item(TemplateValue holder, TemplateValue key, RenderBudget budget)
    {
        if (holder.IsUndefined) throw new TemplateFault(holder.Reason);
        if (holder.Kind == TemplateKind.Mapping && IsKey(key) && holder.AsMapping.TryGetValue(key, out var value)) return value;
        if (key.IsWhole && holder.IsSequence)
        {
            var index = key.AsWhole < 0 ? key.AsWhole + holder.AsItems.Count : key.AsWhole;
            return index >= 0 && index < holder.AsItems.Count ? holder.AsItems[(int)index] : null;
        }

        if (key.IsWhole && holder.IsText)
        {
            budget.Step(holder.AsText.Length / 16);
            var points = PythonText.CodePoints(holder.AsText);
            var index = key.AsWhole < 0 ? key.AsWhole + points.Count : key.AsWhole;
            return index >= 0 && index < points.Count ? (TemplateValue)points[(int)index] : null;
        }

        return key.IsText ? Members.Find(holder, key.AsText) : null;
    }

    public static TemplateValue Slice(TemplateValue target, long? from, long? to, long step, RenderBudget budget)
    {
        if (target.IsUndefined) throw new TemplateFault(target.Reason);
        if (!target.IsText && !target.IsSequence) throw new TemplateFault($"{target.KindName} cannot be sliced");
        if (step == 0) throw new TemplateFault("the step of a slice cannot be 0");
        var items = Iterate(target, budget);
        long count = items.Count;
        var (low, high) = step > 0 ? (0L, count) : (-1L, count - 1);
        long Bound(long value) => Math.Clamp(value < 0 ? value + count : value, low, high);
        var start = from is null ? (step > 0 ? low : high) : Bound(from.Value);
        var end = to is null ? (step > 0 ? high : low) : Bound(to.Value);
        var chosen = new List<TemplateValue>();
        budget.Step(count);
        for (var i = start; step > 0 ? i < end : i > end; i += Math.Clamp(step, -count - 1, count + 1)) chosen.Add(items[(int)i]);
        return target.IsText ? string.Concat(chosen.Select(point => point.AsText)) : Same(target, chosen);
    }

    /// <summary>A value that may be the key of a mapping: a scalar.</summary>
    public static TemplateValue Key(TemplateValue value) => IsKey(value) ? value : throw new TemplateFault($"{value.KindName} cannot be the key of a mapping");

    private static bool IsKey(TemplateValue value) => value.IsText || value.IsNumber || value.Kind == TemplateKind.None;

    private static TemplateValue Same(TemplateValue like, IReadOnlyList<TemplateValue> items) => like.Kind == TemplateKind.Tuple ? TemplateValue.Tuple(items) : TemplateValue.List(items);

    private static TemplateValue Join(string a, string b, RenderBudget budget)
    {
        budget.Text((long)a.Length + b.Length);
        return a + b;
    }

    private static TemplateValue Repeat(TemplateValue value, long times, RenderBudget budget)
    {
        if (value.IsText)
        {
            budget.Text(value.AsText.Length == 0 ? 0 : Product(value.AsText.Length, times));
            return value.AsText.Length == 0 ? "" : new StringBuilder().Insert(0, value.AsText, (int)times).ToString();
        }

        budget.Step(value.AsItems.Count == 0 ? 0 : Product(value.AsItems.Count, times));
        return value.AsItems.Count == 0 ? value : Same(value, Enumerable.Repeat(value.AsItems, (int)times).SelectMany(items => items).ToList());
    }

    private static long Product(long a, long b) => b > int.MaxValue ? long.MaxValue / 4 : a * b;

    private static TemplateValue Arithmetic(string op, TemplateValue a, TemplateValue b)
    {
        if (op is "/" or "//" or "%" && b.AsReal == 0) throw new TemplateFault($"'{op}' divides by zero");
        if (op == "/") return a.AsReal / b.AsReal;
        if (a.IsWhole && b.IsWhole && !(op == "**" && b.AsWhole < 0))
        {
            var (x, y) = (a.AsWhole, b.AsWhole);
            return op switch
            {
                "+" => Exact(() => checked(x + y)),
                "-" => Exact(() => checked(x - y)),
                "*" => Exact(() => checked(x * y)),
                "//" => Exact(() => checked((x / y) - (x % y != 0 && (x < 0) != (y < 0) ? 1 : 0))),
                "%" => y == -1 ? 0 : Exact(() => x % y != 0 && (x < 0) != (y < 0) ? (x % y) + y : x % y),
                _ => Exact(() => Power(x, y)),
            };
        }

        var (p, q) = (a.AsReal, b.AsReal);
        return op switch
        {
            "+" => p + q,
            "-" => p - q,
            "*" => p * q,
            "//" => Math.Floor(p / q),
            "%" => p - (Math.Floor(p / q) * q),
            _ => Math.Pow(p, q),
        };
    }

    private static long Power(long x, long y)
    {
        if (x is 0 or 1 || y == 0) return y == 0 ? 1 : x;
        if (x == -1) return y % 2 == 0 ? 1 : -1;
        var power = 1L;
        for (var i = 0L; i < y; i++) power = checked(power * x);
        return power;
    }

    private static TemplateValue Exact(Func<long> compute)
    {
        try
        {
            return compute();
        }
        catch (OverflowException)
        {
            throw new TemplateFault("a whole number grows beyond 64 bits");
        }
    }
}
