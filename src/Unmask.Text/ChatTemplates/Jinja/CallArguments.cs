namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>The evaluated arguments of one call of a function, filter, test or method.</summary>
internal sealed class CallArguments(string callee, IReadOnlyList<TemplateValue> positional, OrderedDictionary<string, TemplateValue> named, Renderer renderer)
{
    public string Callee => callee;

    public IReadOnlyList<TemplateValue> Positional => positional;

    public OrderedDictionary<string, TemplateValue> Named => named;

    public RenderBudget Budget => renderer.Budget;

    public Renderer Renderer => renderer;

    /// <summary>Whether the call stands in an <c>autoescape</c> block that is on.</summary>
    public bool AutoEscape => renderer.AutoEscape;

    /// <summary>The argument at a place or of a name, or null when it is not given.</summary>
    public TemplateValue? Find(int index, string name) => index < positional.Count ? positional[index] : named.GetValueOrDefault(name);

    public TemplateValue Get(int index, string name) => Find(index, name) ?? throw new TemplateFault($"'{callee}' needs the argument '{name}'");

    public string? FindText(int index, string name)
    {
        var value = Find(index, name);
        if (value is null || value.Kind == TemplateKind.None) return null;
        return value.IsText ? value.AsText : throw Wrong(name, "a text", value);
    }

    public string GetText(int index, string name)
    {
        var value = Get(index, name);
        return value.IsText ? value.AsText : throw Wrong(name, "a text", value);
    }

    /// <summary>A whole number; one that is not given, or none where that is allowed, is <paramref name="otherwise"/>.</summary>
    public long FindWhole(int index, string name, long otherwise, bool noneAllowed = false)
    {
        var value = Find(index, name);
        if (value is null || (noneAllowed && value.Kind == TemplateKind.None)) return otherwise;
        return value.IsWhole ? value.AsWhole : throw Wrong(name, "a whole number", value);
    }

    public long GetWhole(int index, string name)
    {
        var value = Get(index, name);
        return value.IsWhole ? value.AsWhole : throw Wrong(name, "a whole number", value);
    }

    public bool FindFlag(int index, string name, bool otherwise = false) => Find(index, name)?.IsTrue ?? otherwise;

    /// <summary>The same call without its first positional arguments, for filters that call filters.</summary>
    public CallArguments Skip(int count, string newCallee) => new(newCallee, positional.Skip(count).ToList(), named, renderer);

    public CallArguments With(IReadOnlyList<TemplateValue> newPositional) => new(callee, newPositional, named, renderer);

    public TemplateFault Wrong(string name, string wanted, TemplateValue found) =>
        found.IsUndefined ? new TemplateFault(found.Reason) : new TemplateFault($"the argument '{name}' of '{callee}' must be {wanted}, but is {found.KindName}");
}
