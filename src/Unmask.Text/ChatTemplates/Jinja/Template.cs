namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>
/// A Jinja template: the language of published chat templates, as transformers runs it (<c>trim_blocks</c>, <c>lstrip_blocks</c>, loop controls,
/// <c>tojson</c> without HTML escapes, the <c>generation</c> tag, <c>raise_exception</c>, <c>strftime_now</c>). Rendering is closed and bounded: a
/// template sees only the values it is given, changes none of them, reaches no file and no .NET object, and ends after a limited amount of work.
/// Not available: other templates (include, import, extends), complex numbers, bytes, the names of characters (<c>\N{...}</c>).
/// </summary>
public sealed class Template
{
    private readonly ParsedTemplate _parsed;
    private readonly Lazy<IReadOnlyDictionary<string, bool>> _names;

    private Template(string name, string source, ParsedTemplate parsed)
    {
        (Name, Source, _parsed) = (name, source, parsed);
        _names = new(FindNames);
    }

    /// <summary>What errors call the template.</summary>
    public string Name { get; }

    public string Source { get; }

    /// <summary>The names that the template reads and does not set, and whether it needs them: false where each use stands behind a test for the name.</summary>
    /// <exception cref="UserError">The template is nested too deeply.</exception>
    public IReadOnlyDictionary<string, bool> Names => _names.Value;

    /// <param name="name">What errors call the template, such as a file's path.</param>
    /// <exception cref="UserError">The template is not well formed or too long; the sentence names line and column.</exception>
    public static Template Parse(string source, string name = "The template")
    {
        if (source.Length > RenderBudget.LongestTemplate)
        {
            throw new UserError($"{name} has {source.Length:N0} characters. It may have {RenderBudget.LongestTemplate:N0} at most; published chat templates have less than 30,000.");
        }

        try
        {
            return new Template(name, source, TemplateParser.Parse(source, name));
        }
        catch (TemplateFault fault)
        {
            throw new UserError($"{name}: {fault.Message}.");
        }
    }

    /// <exception cref="UserError">The template fails on these values, refuses them (<c>raise_exception</c>) or works without end.</exception>
    public string Render(IEnumerable<KeyValuePair<string, TemplateValue>> variables) => Renderer.Render(_parsed, Name, variables);

    private IReadOnlyDictionary<string, bool> FindNames()
    {
        try
        {
            return TemplateNames.Of(_parsed.Body);
        }
        catch (TemplateFault fault)
        {
            throw new UserError($"{Name}: {fault.Message}.");
        }
    }
}

/// <summary>The statements of a template, and those of them that have names.</summary>
internal sealed record ParsedTemplate(IReadOnlyList<Statement> Body, IReadOnlyDictionary<string, Block> Blocks);
