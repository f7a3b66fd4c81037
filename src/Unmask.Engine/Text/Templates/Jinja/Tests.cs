namespace Unmask.Engine.Text.Templates.Jinja;

/// <summary>The tests: <c>value is name(arguments)</c>.</summary>
internal static class Tests
{
    private static readonly Dictionary<string, Func<TemplateValue, CallArguments, bool>> _all = new(StringComparer.Ordinal)
    {
        ["defined"] = (value, _) => !value.IsUndefined,
        ["undefined"] = (value, _) => value.IsUndefined,
        ["none"] = (value, _) => value.Kind == TemplateKind.None,
        ["boolean"] = (value, _) => value.Kind == TemplateKind.Boolean,
        ["true"] = (value, _) => value.Kind == TemplateKind.Boolean && value.IsTrue,
        ["false"] = (value, _) => value.Kind == TemplateKind.Boolean && !value.IsTrue,
        ["integer"] = (value, _) => value.Kind == TemplateKind.Integer,
        ["float"] = (value, _) => value.Kind == TemplateKind.Float,
        ["number"] = (value, _) => value.IsNumber,
        ["string"] = (value, _) => value.IsText,
        ["mapping"] = (value, _) => value.Kind == TemplateKind.Mapping,
        ["sequence"] = (value, _) => value.IsText || value.IsSequence || value.IsUndefined || value.Kind == TemplateKind.Mapping,
        ["iterable"] = (value, _) => value.IsText || value.IsSequence || value.IsUndefined || value.Kind == TemplateKind.Mapping,
        ["callable"] = (value, _) => value.Kind == TemplateKind.Callable,
        ["filter"] = (value, _) => value.IsText && Filters.Exists(value.AsText),
        ["test"] = (value, _) => value.IsText && Exists(value.AsText),
        ["sameas"] = (value, call) => Same(value, call.Get(0, "other")),
        ["odd"] = (value, _) => Remainder(value, 2) == 1,
        ["even"] = (value, _) => Remainder(value, 2) == 0,
        ["divisibleby"] = (value, call) => Remainder(value, call.GetWhole(0, "num")) == 0,
        ["lower"] = (value, call) => Cased(value, call, char.IsUpper, char.IsLower),
        ["upper"] = (value, call) => Cased(value, call, char.IsLower, char.IsUpper),
        ["in"] = (value, call) => Operators.Contains(call.Get(0, "seq"), value, call.Budget),
        ["eq"] = Compares("=="),
        ["equalto"] = Compares("=="),
        ["ne"] = Compares("!="),
        ["lt"] = Compares("<"),
        ["lessthan"] = Compares("<"),
        ["le"] = Compares("<="),
        ["gt"] = Compares(">"),
        ["greaterthan"] = Compares(">"),
        ["ge"] = Compares(">="),
    };

    public static string Names => string.Join(", ", _all.Keys.Order(StringComparer.Ordinal));

    public static bool Exists(string name) => _all.ContainsKey(name);

    public static bool Holds(string name, TemplateValue value, CallArguments call)
    {
        call.Budget.Step();
        return _all[name](value, call);
    }

    private static Func<TemplateValue, CallArguments, bool> Compares(string op) => (value, call) => Operators.Compare(op, value, call.Get(0, "other"), call.Budget);

    private static bool Same(TemplateValue a, TemplateValue b) =>
        ReferenceEquals(a, b) || (a.Kind == b.Kind && (a.Kind is TemplateKind.None or TemplateKind.Boolean or TemplateKind.Integer or TemplateKind.Text) && a.Equals(b));

    private static bool Cased(TemplateValue value, CallArguments call, Func<char, bool> forbidden, Func<char, bool> needed)
    {
        var text = PythonText.Str(value, call.Budget);
        call.Budget.Step(text.Length / 16);
        return text.Any(needed) && !text.Any(forbidden);
    }

    private static long Remainder(TemplateValue value, long by)
    {
        if (value.IsUndefined) throw new TemplateFault(value.Reason);
        if (!value.IsWhole) throw new TemplateFault($"{value.KindName} is neither odd nor even");
        if (by == 0) throw new TemplateFault("nothing is divisible by 0");
        return by == -1 ? 0 : Math.Abs(value.AsWhole % by);
    }
}
