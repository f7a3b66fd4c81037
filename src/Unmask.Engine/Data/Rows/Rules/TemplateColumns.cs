using Unmask.Engine.Data.Rows.Values;
using Unmask.Text.ChatTemplates.Jinja;

namespace Unmask.Engine.Data.Rows.Rules;

/// <summary>Whether templates over rows name columns that are there: a misspelled name gives every row the same empty text, without a fault.</summary>
internal sealed class TemplateColumns(IReadOnlyCollection<string> found, string file)
{
    private readonly List<string> _problems = [];
    private readonly List<string> _notices = [];

    /// <summary>What is wrong.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>What a person should know.</summary>
    public IReadOnlyList<string> Notices => _notices;

    /// <param name="template">The template.</param>
    /// <param name="setting">The setting that holds it.</param>
    /// <param name="mayBeConstant">Whether the same text for every row is what such a template is for.</param>
    public void Check(Template template, string setting, bool mayBeConstant = false)
    {
        foreach (var (name, needed) in template.Names.Where(entry => !found.Contains(entry.Key)))
        {
            var hint = RowValues.Hint(name, found);
            if (needed) _problems.Add($"{setting} names the column '{name}', but the rows of '{file}' have the columns {RowValues.Quote(found)}{hint} A column that only some rows have is written {{{{ {name} | default('') }}}}.");
            else _notices.Add($"{setting} names the column '{name}', which the first rows of '{file}' do not have; they have {RowValues.Quote(found)}{hint}");
        }

        if (mayBeConstant || template.Names.Keys.Any(found.Contains) || template.Names.Values.Any(needed => needed)) return;
        _notices.Add($"{setting} gives the same text for every row: it names no column (columns are written {{{{ {found.FirstOrDefault() ?? "name"} }}}}).");
    }
}
