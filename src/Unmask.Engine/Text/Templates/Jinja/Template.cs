using Unmask.Core;

namespace Unmask.Engine.Text.Templates.Jinja;

/// <summary>
/// A Jinja template: the language of published chat templates, as transformers runs it (<c>trim_blocks</c>, <c>lstrip_blocks</c>, loop controls,
/// <c>tojson</c> without HTML escapes, the <c>generation</c> tag, <c>raise_exception</c>, <c>strftime_now</c>). Rendering is closed and bounded: a
/// template sees only the values it is given, changes none of them, reaches no file and no .NET object, and ends after a limited amount of work.
/// Not available: inheritance, include and import, recursive loops, changing a list in place, whole numbers beyond 64 bits.
/// </summary>
public sealed class Template
{
    private readonly IReadOnlyList<Statement> _body;
    private readonly Lazy<IReadOnlyDictionary<string, bool>> _names;

    private Template(string name, string source, IReadOnlyList<Statement> body)
    {
        (Name, Source, _body) = (name, source, body);
        _names = new(() => TemplateNames.Of(body));
    }

    /// <summary>What errors call the template.</summary>
    public string Name { get; }

    public string Source { get; }

    /// <summary>The names that the template reads and does not set, and whether it needs them: false where each use stands behind a test for the name.</summary>
    public IReadOnlyDictionary<string, bool> Names => _names.Value;

    /// <param name="name">What errors call the template, such as a file's path.</param>
    /// <exception cref="UserError">The template is not well formed; the sentence names line and column.</exception>
    public static Template Parse(string source, string name = "The template") => new(name, source, TemplateParser.Parse(source, name));

    /// <exception cref="UserError">The template fails on these values, refuses them (<c>raise_exception</c>) or works without end.</exception>
    public string Render(IEnumerable<KeyValuePair<string, TemplateValue>> variables) => Renderer.Render(_body, Name, variables);
}
