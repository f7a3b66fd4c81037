namespace Unmask.Engine.Text.Templates.Jinja;

/// <summary>The evaluated arguments of one call of a function, filter, test or method.</summary>
internal sealed class CallArguments(string callee, IReadOnlyList<TemplateValue> positional, IReadOnlyDictionary<string, TemplateValue> named, Renderer renderer)
{
    public string Callee => callee;

    public IReadOnlyList<TemplateValue> Positional => positional;

    public IReadOnlyDictionary<string, TemplateValue> Named => named;

    public RenderBudget Budget => renderer.Budget;

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

    public long FindWhole(int index, string name, long otherwise)
    {
        var value = Find(index, name);
        if (value is null || value.Kind == TemplateKind.None) return otherwise;
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

    private TemplateFault Wrong(string name, string wanted, TemplateValue found)
    {
        return found.IsUndefined ? new TemplateFault(found.Reason) : new TemplateFault($"the argument '{name}' of '{callee}' must be {wanted}, but is {found.KindName}");
    }
}
