namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>The sentence of everything that is wrong with a template: its name, the place, what is wrong.</summary>
internal static class TemplateError
{
    public static UserError At(string name, Place place, string clause) => new($"{name}, line {place.Line}, column {place.Column}: {clause}.");
}
