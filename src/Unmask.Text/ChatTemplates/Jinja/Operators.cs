using System.Numerics;
using System.Text;

namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>Python's operators on template values.</summary>
internal static class Operators
{
    public static TemplateValue Sign(string op, TemplateValue value)
    {
        if (value.IsUndefined) throw new TemplateFault(value.Reason);
        if (!value.IsNumber) throw new TemplateFault($"'{op}' needs a number, not {value.KindName}");
        if (value.IsWhole) return TemplateValue.Big(op == "-" ? -value.AsBig : value.AsBig);
        return op == "-" ? -value.AsReal : value.AsReal;
    }

    public static TemplateValue Apply(string op, TemplateValue a, TemplateValue b, RenderBudget budget)
    {
        if (op == "%" && a.IsText) return PrintfFormat.Apply(a, b, budget);
        if (a.IsUndefined) throw new TemplateFault(a.Reason);
        if (b.IsUndefined) throw new TemplateFault(b.Reason);
        if (a.IsNumber && b.IsNumber) return Arithmetic.Apply(op, a, b, budget);
        if (op == "+" && a.IsText && b.IsText) return Add(a, b, budget);
        if (op == "+" && a.IsSequence && a.Kind == b.Kind)
        {
            budget.Step(a.AsItems.Count + b.AsItems.Count);
            return Same(a, [.. a.AsItems, .. b.AsItems]);
        }

        if (op == "*" && a.IsWhole) (a, b) = (b, a);
        if (op == "*" && b.IsWhole && !b.IsSmall && (a.IsText || a.IsSequence)) throw new TemplateFault("a text or list cannot be repeated so often");
        if (op == "*" && b.IsWhole && (a.IsText || a.IsSequence)) return Repeat(a, Math.Max(0, b.AsWhole), budget);
        var hint = op == "+" && (a.IsText || b.IsText) ? "; '~' joins anything as text" : "";
        throw new TemplateFault($"'{op}' does not go between {a.KindName} and {b.KindName}{hint}");
    }

    /// <summary>The operator <c>~</c>: everything as text.</summary>
    public static TemplateValue Concatenate(IReadOnlyList<TemplateValue> values, bool autoEscape, RenderBudget budget)
    {
        var asMarkup = autoEscape && values.Any(value => value.IsMarkup);
        var result = new StringBuilder();
        foreach (var value in values)
        {
            var text = asMarkup ? Html.Escape(value, budget) : PythonText.Str(value, budget);
            budget.Text(text.Length);
            result.Append(text);
        }

        return asMarkup ? TemplateValue.Markup(result.ToString()) : result.ToString();
    }

    public static bool Compare(string op, TemplateValue a, TemplateValue b, RenderBudget budget) => op switch
    {
        "==" => TemplateEquality.Equal(a, b, budget),
        "!=" => !TemplateEquality.Equal(a, b, budget),
        "in" => Sequences.Contains(b, a, budget),
        "not in" => !Sequences.Contains(b, a, budget),
        _ => TemplateEquality.Ordered(op, a, b, budget),
    };

    private static TemplateValue Same(TemplateValue like, IReadOnlyList<TemplateValue> items) => like.Kind == TemplateKind.Tuple ? TemplateValue.Tuple(items) : TemplateValue.List(items);

    private static TemplateValue Add(TemplateValue a, TemplateValue b, RenderBudget budget)
    {
        var asMarkup = a.IsMarkup || b.IsMarkup;
        var (left, right) = asMarkup ? (Html.Escape(a, budget), Html.Escape(b, budget)) : (a.AsText, b.AsText);
        budget.Text((long)left.Length + right.Length);
        return asMarkup ? TemplateValue.Markup(left + right) : left + right;
    }

    private static TemplateValue Repeat(TemplateValue value, long times, RenderBudget budget)
    {
        if (value.IsText)
        {
            if (value.AsText.Length == 0 || times == 0) return PythonText.Like(value, "");
            budget.Text(Product(value.AsText.Length, times));
            return PythonText.Like(value, new StringBuilder().Insert(0, value.AsText, (int)times).ToString());
        }

        if (value.AsItems.Count == 0 || times == 0) return Same(value, []);
        budget.Step(Product(value.AsItems.Count, times));
        return Same(value, Enumerable.Repeat(value.AsItems, (int)times).SelectMany(items => items).ToList());
    }

    private static long Product(long a, long b) => b > int.MaxValue ? long.MaxValue / 4 : a * b;
}

/// <summary>Python's arithmetic: whole numbers of any size, floats, and the sign rules of <c>//</c> and <c>%</c>.</summary>
internal static class Arithmetic
{
    public static TemplateValue Apply(string op, TemplateValue a, TemplateValue b, RenderBudget budget)
    {
        if (op == "**") return Power(a, b, budget);
        if (!a.IsWhole || !b.IsWhole) return Real(op, a.AsReal, b.AsReal);
        if (op is "/" or "//" or "%" && !b.IsTrue) throw new TemplateFault($"'{op}' divides by zero");
        if (a.IsSmall && b.IsSmall && Small(op, a.AsWhole, b.AsWhole) is { } small) return small;
        var (x, y) = (a.AsBig, b.AsBig);
        var (m, n) = (x.GetBitLength() / 32, y.GetBitLength() / 32);
        budget.Step(1 + (m * n / 64));
        switch (op)
        {
            case "+":
                return TemplateValue.Big(x + y);
            case "-":
                return TemplateValue.Big(x - y);
            case "*":
                return TemplateValue.Big(x * y);
            case "/":
                return BigNumbers.Divide(x, y);
            default:
                var quotient = BigInteger.DivRem(x, y, out var rest);
                var below = !rest.IsZero && rest.Sign < 0 != y.Sign < 0;
                return TemplateValue.Big(op == "//" ? (below ? quotient - 1 : quotient) : below ? rest + y : rest);
        }
    }

    private static TemplateValue? Small(string op, long x, long y)
    {
        const long exact = 1L << 53;
        switch (op)
        {
            case "+":
                var sum = unchecked(x + y);
                return ((x ^ sum) & (y ^ sum)) < 0 ? null : sum;
            case "-":
                var difference = unchecked(x - y);
                return ((x ^ y) & (x ^ difference)) < 0 ? null : difference;
            case "*":
                return Math.BigMul(x, y) is var product && product >= long.MinValue && product <= long.MaxValue ? (long)product : null;
            case "/":
                return Math.Abs((decimal)x) <= exact && Math.Abs((decimal)y) <= exact ? (double)x / y : null;
            default:
                if (y == -1) return null;
                var (quotient, rest) = Math.DivRem(x, y);
                var below = rest != 0 && rest < 0 != y < 0;
                return op == "//" ? (below ? quotient - 1 : quotient) : below ? rest + y : rest;
        }
    }

    private static TemplateValue Real(string op, double x, double y)
    {
        switch (op)
        {
            case "+":
                return x + y;
            case "-":
                return x - y;
            case "*":
                return x * y;
        }

        if (y == 0) throw new TemplateFault($"'{op}' divides by zero");
        if (op == "/") return x / y;
        var rest = x % y;
        var quotient = (x - rest) / y;
        if (rest == 0) rest = Math.CopySign(0, y);
        else if (y < 0 != rest < 0)
        {
            rest += y;
            quotient -= 1;
        }

        if (op == "%") return rest;
        if (quotient == 0) return Math.CopySign(0, x / y);
        var floor = Math.Floor(quotient);
        return quotient - floor > 0.5 ? floor + 1 : floor;
    }

    private static TemplateValue Power(TemplateValue a, TemplateValue b, RenderBudget budget)
    {
        if (a.IsWhole && b.IsWhole && b.AsBig.Sign >= 0)
        {
            var (x, y) = (a.AsBig, b.AsBig);
            if (x.IsZero || x.IsOne || y.IsZero) return y.IsZero ? 1 : TemplateValue.Big(x);
            if (x == BigInteger.MinusOne) return y.IsEven ? 1 : -1;
            var bits = (double)x.GetBitLength() * (y > int.MaxValue ? double.PositiveInfinity : (double)y);
            if (bits > BigNumbers.MostBits * 2.0) throw BigNumbers.TooLong();
            budget.Step(1 + (long)(bits / 32 * (bits / 32) / 64));
            return TemplateValue.Big(BigInteger.Pow(x, (int)y));
        }

        var (p, q) = (a.AsReal, b.AsReal);
        if (p == 0 && q < 0) throw new TemplateFault("0 cannot be raised to a negative power");
        if (p < 0 && double.IsFinite(p) && double.IsFinite(q) && Math.Floor(q) != q) throw new TemplateFault("a negative number raised to a fraction is a complex number, which templates here do not know");
        var power = Math.Pow(p, q);
        if (double.IsInfinity(power) && double.IsFinite(p) && double.IsFinite(q)) throw new TemplateFault("the power is too large for a float");
        return power;
    }
}
