namespace Unmask.Core.Parameters.Import;

/// <summary>
/// How a Transformer Lab template makes messages of rows. Its trainer renders input and output templates, but copies the instruction template unrendered into the
/// system message, so that its own defaults train on the words "{{instruction}}" and, where a row has no input, on no question at all.
/// </summary>
internal static class TransformerLabRows
{
    private const string AlpacaInput = "{{ instruction }}{% if input %}\n\n{{ input }}{% endif %}";

    public static void Take(ImportDraft draft, IReadOnlyDictionary<string, string> values)
    {
        var (instruction, input, output) = (values.GetValueOrDefault("instruction_template"), values.GetValueOrDefault("input_template"), values.GetValueOrDefault("output_template"));
        if (input is null && output is null)
        {
            if (instruction is not null) draft.LeaveOut($"instruction_template (\"{instruction}\") applies only together with input_template and output_template.");
            draft.Change("Rows: they are recognized by their columns, as in Transformer Lab, with two differences: Alpaca's input comes after an empty line (there after a line break), and a text is learned whole (there its first paragraph is the question).");
            return;
        }

        if (input is null || output is null)
        {
            draft.LeaveOut($"{(input is null ? "output_template" : "input_template")} (\"{input ?? output}\") stands alone; input_template and output_template count together, so rows are recognized by their columns.");
            if (instruction is not null) draft.LeaveOut($"instruction_template (\"{instruction}\") applies only together with them.");
            return;
        }

        draft.Take("output_template", output);
        if (instruction is null)
        {
            draft.Take("input_template", input);
            return;
        }

        if (IsColumn(instruction, "instruction") && IsColumn(input, "input"))
        {
            draft.Take("input_template", AlpacaInput, comment: "instruction_template and input_template");
            draft.Change(
                "Templates: Transformer Lab's trainer does not render instruction_template. With these templates it puts the words \"{{instruction}}\" into the system message, and asks nothing where a row has no input. "
                + "Here the question is the instruction, followed by the input where there is one.");
            return;
        }

        draft.Take("input_template", input);
        draft.Take("instruction_template", instruction);
        if (!IsRendered(instruction)) return;
        draft.Change(
            "instruction_template: Transformer Lab's trainer does not render it but puts it into the system message letter by letter, braces and all; here it is rendered. "
            + "Put it between {% raw %} and {% endraw %} to repeat the original.");
    }

    private static bool IsColumn(string template, string column) =>
        template.Trim() is { Length: > 4 } text && text.StartsWith("{{", StringComparison.Ordinal) && text.EndsWith("}}", StringComparison.Ordinal) && text[2..^2].Trim() == column;

    private static bool IsRendered(string template) =>
        template.Contains("{{", StringComparison.Ordinal) || template.Contains("{%", StringComparison.Ordinal) || template.Contains("{#", StringComparison.Ordinal);
}
