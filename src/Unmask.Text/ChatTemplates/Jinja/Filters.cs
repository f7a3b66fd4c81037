namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>Computes what a filter makes of a value.</summary>
internal delegate TemplateValue FilterBody(TemplateValue value, CallArguments call);

/// <summary>The filters: <c>value | name(arguments)</c>.</summary>
internal static class Filters
{
    private static readonly Dictionary<string, (Signature Signature, FilterBody Body)> _all = new(StringComparer.Ordinal);

    static Filters()
    {
        foreach (var (names, signature, body) in TextFilters.All.Concat(NumberFilters.All).Concat(ListFilters.All).Concat(OrderFilters.All))
        {
            foreach (var name in names.Split(' ')) _all[name] = (new Signature(signature), body);
        }
    }

    public static string Names => string.Join(", ", _all.Keys.Order(StringComparer.Ordinal));

    public static bool Exists(string name) => _all.ContainsKey(name);

    public static TemplateValue Apply(string name, TemplateValue value, CallArguments call)
    {
        if (!_all.TryGetValue(name, out var filter)) throw new TemplateFault($"there is no filter '{name}'; the filters are {Names}");
        call.Budget.Step();
        filter.Signature.Check(call);
        return filter.Body(value, call);
    }
}
