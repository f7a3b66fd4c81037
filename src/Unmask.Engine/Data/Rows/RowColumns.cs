using Unmask.Engine.Data.Rows.Messages;
using Unmask.Engine.Data.Rows.Rules;
using Unmask.Text.ChatTemplates.Jinja;

namespace Unmask.Engine.Data.Rows;

/// <summary>
/// How a user tells what the columns of a dataset mean, where their names do not. At most one of three ways: <see cref="Messages"/>, <see cref="Text"/>, or prompt and
/// response (as columns or as Jinja templates over the row). All null: the shape is recognized.
/// </summary>
public sealed record RowColumns
{
    /// <summary>Setting <c>prompt_column</c>: what the user says.</summary>
    public string? Prompt { get; init; }

    /// <summary>Setting <c>response_column</c>: what the assistant answers.</summary>
    public string? Response { get; init; }

    /// <summary>Setting <c>system_column</c>: a system message; a row may leave it empty.</summary>
    public string? System { get; init; }

    /// <summary>Setting <c>messages_column</c>: a list of messages in OpenAI or ShareGPT form.</summary>
    public string? Messages { get; init; }

    /// <summary>Setting <c>text_column</c>: plain text, trained on as a whole.</summary>
    public string? Text { get; init; }

    /// <summary>Setting <c>label_column</c>: whether the answer is a good one; where it is false the row is left out.</summary>
    public string? Label { get; init; }

    /// <summary>Setting <c>role_mapping</c>: roles of messages that are not known, and what they stand for; null for none.</summary>
    public IReadOnlyDictionary<string, string>? Roles { get; init; }

    /// <summary>Setting <c>input_template</c>: Jinja over the row, gives what the user says.</summary>
    public string? InputTemplate { get; init; }

    /// <summary>Setting <c>output_template</c>: Jinja over the row, gives what the assistant answers.</summary>
    public string? OutputTemplate { get; init; }

    /// <summary>Setting <c>instruction_template</c>: Jinja over the row, gives a system message; nothing but white space gives none.</summary>
    public string? InstructionTemplate { get; init; }

    /// <summary>Columns of which one is the prompt where only the response is named.</summary>
    internal static IReadOnlyList<string> UsualPrompts { get; } = ["prompt", "instruction", "question", "input"];

    /// <summary>Columns of which one is the response where only the prompt is named.</summary>
    internal static IReadOnlyList<string> UsualResponses { get; } = ["response", "completion", "answer", "output"];

    /// <summary>Whether they tell how a row is read; otherwise its shape is recognized.</summary>
    internal bool TellForm => (InputTemplate ?? Messages ?? Text ?? Prompt ?? Response) is not null;

    /// <summary>Which columns may be read from any row, whatever the rows hold; the values of all others may be left out.</summary>
    /// <exception cref="Unmask.Primitives.UserError">A template is faulty.</exception>
    public Func<string, bool> MayBeRead() => new HashSet<string>([.. OfForm(), .. RowContext.Columns, .. AnswerLabel.Possible(Label)], StringComparer.OrdinalIgnoreCase).Contains;

    private IEnumerable<string> OfForm()
    {
        var reader = new MessageReader(new RoleNames(Roles));
        if (!TellForm) return new RowForms(reader, System).Columns;
        if (InputTemplate is not null)
        {
            var templates = new[] { ("input_template", InputTemplate), ("output_template", OutputTemplate), ("instruction_template", InstructionTemplate) };
            return templates.Where(template => template.Item2 is not null).SelectMany(template => Template.Parse(template.Item2!, template.Item1).Names.Keys);
        }

        if (Messages is not null) return [Messages, .. new ConversationRule("", reader, Messages).Further];
        if (Text is not null) return [Text];
        return [.. Prompt is null ? UsualPrompts : [Prompt], .. Response is null ? UsualResponses : [Response], .. System is null ? (string[])[] : [System]];
    }
}
