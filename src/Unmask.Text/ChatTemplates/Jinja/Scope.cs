namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>The names a part of a template sees: its own and those around it.</summary>
internal sealed class Scope(Scope? around)
{
    // Most scopes (each turn of a loop has one) hold few names.
    private readonly Dictionary<string, TemplateValue> _names = new(StringComparer.Ordinal);

    /// <summary>The value of a name, or null; pays for the way out to it.</summary>
    public TemplateValue? Find(string name, RenderBudget budget)
    {
        var way = 0;
        for (var scope = this; scope is not null; scope = scope.Around)
        {
            if (++way % 16 == 0) budget.Step();
            if (scope._names.TryGetValue(name, out var value)) return value;
        }

        return null;
    }

    public void Set(string name, TemplateValue value) => _names[name] = value;

    private Scope? Around => around;
}
