namespace Unmask.Engine.Data.Rows;

/// <summary>
/// How a user tells what the columns of a data set mean, where their names do not. At most one of three ways: <see cref="Messages"/>, <see cref="Text"/>, or prompt and
/// response (as columns or as Jinja templates over the row). All null: the shape is recognised.
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
}
