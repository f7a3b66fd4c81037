using Unmask.Engine.Data.Rows.Values;
using Unmask.Text.ChatTemplates;
using Unmask.Text.ChatTemplates.Jinja;

namespace Unmask.Engine.Data.Rows.Rules;

/// <summary>Prompt, response and system message written as Jinja templates over the row's columns.</summary>
internal sealed record TemplateRule(Template Input, Template Output, Template? Instruction) : RowRule("templates")
{
    private readonly HashSet<string> _read = [.. Input.Names.Keys, .. Output.Names.Keys, .. Instruction?.Names.Keys ?? []];

    /// <summary>The columns that the templates read.</summary>
    public override IReadOnlyList<string> Columns => [.. _read];

    public override ConvertedRow Convert(Row row)
    {
        var variables = Told(() => row.Values.Where(field => _read.Contains(field.Key)).Select(field => KeyValuePair.Create(field.Key, TemplateValue.From(field.Value))).ToList());
        var messages = new List<Message>();
        if (Instruction is not null && Render(Instruction, variables) is var system && !string.IsNullOrWhiteSpace(system)) messages.Add(new(Message.System, system));
        messages.Add(new(Message.User, Render(Input, variables)));
        var response = Render(Output, variables);
        if (string.IsNullOrWhiteSpace(response)) throw new RowFault("output_template gives nothing for this row, so there is no answer to learn.");
        messages.Add(new(Message.Assistant, response));
        return Conversation(messages);
    }

    private static string Render(Template template, IReadOnlyList<KeyValuePair<string, TemplateValue>> variables) => Told(() => template.Render(variables));

    /// <summary>What is wrong with a value or its rendering is a fault of the row alone.</summary>
    private static T Told<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (UserError error)
        {
            throw new RowFault(error.Message);
        }
    }
}
