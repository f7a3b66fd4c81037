namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>The tests: <c>value is name(arguments)</c>.</summary>
internal static class Tests
{
    private static readonly Signature _none = new("");
    private static readonly Signature _one = new("other /");
    private static readonly Signature _number = new("num");
    private static readonly Signature _other = new("other");
    private static readonly Signature _seq = new("seq");

    private static readonly Dictionary<string, (Signature Signature, Func<TemplateValue, CallArguments, bool> Body)> _all = new(StringComparer.Ordinal)
    {
        ["defined"] = (_none, (value, _) => !value.IsUndefined),
        ["undefined"] = (_none, (value, _) => value.IsUndefined),
        ["none"] = (_none, (value, _) => value.Kind == TemplateKind.None),
        ["boolean"] = (_none, (value, _) => value.Kind == TemplateKind.Boolean),
        ["true"] = (_none, (value, _) => value.Kind == TemplateKind.Boolean && value.IsTrue),
        ["false"] = (_none, (value, _) => value.Kind == TemplateKind.Boolean && !value.IsTrue),
        ["integer"] = (_none, (value, _) => value.Kind == TemplateKind.Integer),
        ["float"] = (_none, (value, _) => value.Kind == TemplateKind.Float),
        ["number"] = (_none, (value, _) => value.IsNumber),
        ["string"] = (_none, (value, _) => value.IsText),
        ["escaped"] = (_none, (value, _) => value.IsMarkup),
        ["mapping"] = (_none, (value, _) => value.Kind == TemplateKind.Mapping),
        ["sequence"] = (_none, (value, _) => value.IsText || value.IsSequence || value.IsUndefined || value.Kind is TemplateKind.Mapping or TemplateKind.Range),
        ["iterable"] = (_none, (value, _) => Sequences.CanEnumerate(value)),
        ["callable"] = (_none, (value, _) => value.IsUndefined || value.Kind == TemplateKind.Callable || (value.Kind == TemplateKind.Object && value.AsObject.CanBeCalled)),
        ["filter"] = (_none, (value, call) => Sequences.Key(value, call.Budget).IsText && Filters.Exists(value.AsText)),
        ["test"] = (_none, (value, call) => Sequences.Key(value, call.Budget).IsText && Exists(value.AsText)),
        ["sameas"] = (_other, (value, call) => Same(value, call.Get(0, "other"))),
        ["odd"] = (_none, (value, call) => TemplateEquality.Equal(Operators.Apply("%", value, 2, call.Budget), 1, call.Budget)),
        ["even"] = (_none, (value, call) => TemplateEquality.Equal(Operators.Apply("%", value, 2, call.Budget), 0, call.Budget)),
        ["divisibleby"] = (_number, (value, call) => TemplateEquality.Equal(Operators.Apply("%", value, call.Get(0, "num"), call.Budget), 0, call.Budget)),
        ["lower"] = (_none, (value, call) => Cased("islower", value, call)),
        ["upper"] = (_none, (value, call) => Cased("isupper", value, call)),
        ["in"] = (_seq, (value, call) => Sequences.Contains(call.Get(0, "seq"), value, call.Budget)),
        ["=="] = Compares("=="),
        ["eq"] = Compares("=="),
        ["equalto"] = Compares("=="),
        ["!="] = Compares("!="),
        ["ne"] = Compares("!="),
        ["<"] = Compares("<"),
        ["lt"] = Compares("<"),
        ["lessthan"] = Compares("<"),
        ["<="] = Compares("<="),
        ["le"] = Compares("<="),
        [">"] = Compares(">"),
        ["gt"] = Compares(">"),
        ["greaterthan"] = Compares(">"),
        [">="] = Compares(">="),
        ["ge"] = Compares(">="),
    };

    public static string Names => string.Join(", ", _all.Keys.Order(StringComparer.Ordinal));

    public static bool Exists(string name) => _all.ContainsKey(name);

    public static bool Holds(string name, TemplateValue value, CallArguments call)
    {
        if (!_all.TryGetValue(name, out var test)) throw new TemplateFault($"there is no test '{name}'; the tests are {Names}");
        call.Budget.Step();
        test.Signature.Check(call);
        return test.Body(value, call);
    }

    private static (Signature, Func<TemplateValue, CallArguments, bool>) Compares(string op) => (_one, (value, call) => Operators.Compare(op, value, call.Positional[0], call.Budget));

    private static bool Cased(string name, TemplateValue value, CallArguments call)
    {
        var text = PythonText.Str(value, call.Budget);
        call.Budget.Step(text.Length / 4);
        return TextClasses.Is(name, text);
    }

    /// <summary>Python's <c>is</c>, which holds for equal small whole numbers and short texts, because it keeps only one of each.</summary>
    private static bool Same(TemplateValue a, TemplateValue b)
    {
        if (ReferenceEquals(a, b)) return true;
        if (a.Kind != b.Kind) return false;
        return a.Kind switch
        {
            TemplateKind.None or TemplateKind.Boolean => a.Equals(b),
            TemplateKind.Integer => a.IsSmall && b.IsSmall && a.AsWhole == b.AsWhole && a.AsWhole is >= -5 and <= 256,
            TemplateKind.Text => a.IsMarkup == b.IsMarkup && (ReferenceEquals(a.AsText, b.AsText) || (a.AsText.Length < 2 && a.AsText == b.AsText && (a.AsText.Length == 0 || a.AsText[0] < 256))),
            TemplateKind.Tuple => a.AsItems.Count == 0 && b.AsItems.Count == 0,
            TemplateKind.Callable => ReferenceEquals(a.AsCallable, b.AsCallable),
            TemplateKind.Object => ReferenceEquals(a.AsObject, b.AsObject),
            _ => false,
        };
    }
}
