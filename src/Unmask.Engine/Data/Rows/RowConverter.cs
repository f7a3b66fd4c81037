using Unmask.Engine.Data.Rows.Messages;
using Unmask.Engine.Data.Rows.Rules;
using Unmask.Engine.Data.Rows.Values;
using Unmask.Text.ChatTemplates.Jinja;

namespace Unmask.Engine.Data.Rows;

/// <summary>
/// Makes conversations or plain texts of rows. The form is recognized row by row, from the columns that hold something: messages (OpenAI), conversations (ShareGPT), prompt/chosen/rejected,
/// instruction/output (Alpaca), prompt or question with completion, response, answer or output, input/output, text; or it is told by <see cref="RowColumns"/>. Prompts and answers may be texts or
/// lists of messages; an answer that is labeled false is left out. Nothing is guessed beyond that: a row that does not fit is a problem with its reason. Safe to use from many threads.
/// </summary>
public sealed class RowConverter
{
    private readonly RowRule _rule;
    private readonly RowForms? _forms;
    private readonly AnswerLabel? _label;

    private RowConverter(RowRule rule, RowForms? forms, AnswerLabel? label, IReadOnlyList<string> notices) => (_rule, _forms, _label, Notices) = (rule, forms, label, notices);

    /// <summary>Name of the rule by which most rows are read.</summary>
    public string Rule => _rule.Name;

    /// <summary>What a person should know of how the rows are read, sentences.</summary>
    public IReadOnlyList<string> Notices { get; }

    /// <param name="firstRows">Some rows from the start of the dataset.</param>
    /// <exception cref="UserError">No shape fits, or the settings name columns that are not there, contradict each other, or hold a faulty template.</exception>
    public static RowConverter For(IReadOnlyList<Row> firstRows, RowColumns columns)
    {
        UserError.ThrowIfAny(Contradictions(columns));
        if (firstRows.Count == 0) throw new UserError("The dataset has no rows.");
        var (found, file) = (firstRows.SelectMany(row => row.Values.Keys).Distinct().ToList(), firstRows[0].File);
        var reader = new MessageReader(new RoleNames(columns.Roles));
        var checks = new TemplateColumns(found, file);
        UserError.ThrowIfAny(Missing(columns, found, file));
        var forms = columns.TellForm ? null : new RowForms(reader, columns.System);
        var rule = forms is null ? Told(columns, reader, found, file, checks) : Recognized(forms, columns, found, file);
        UserError.ThrowIfAny([.. checks.Problems]);
        var label = rule is TemplateRule && columns.Label is null ? null : AnswerLabel.Find(firstRows, columns.Label, rule.Columns);
        return new RowConverter(rule, forms, label, label?.Notice is { } notice && rule is not TextRule ? [.. checks.Notices, notice] : checks.Notices);
    }

    /// <summary>Reads one row; what is wrong with it stands in <see cref="ConvertedRow.Problem"/>.</summary>
    public ConvertedRow Convert(Row row)
    {
        var rule = _rule;
        try
        {
            if (_forms is not null) rule = _forms.Of(row, _rule);
            // A text is no answer; only where the settings name a label for texts is one meant.
            var refusal = rule is TextRule && !(_rule is TextRule && _label is { IsNamed: true }) ? null : _label?.Refusal(row, rule.Columns);
            var converted = rule.Convert(row.IsColumnar && rule is not TemplateRule ? ColumnarNulls.WithoutInCalls(row) : row);
            if (refusal is not null) return new ConvertedRow(rule.Name) { LeftOut = refusal };
            if (converted.Messages is null) return converted;
            var context = RowContext.Of(row, rule.Columns);
            return converted with { Context = context.Values.Count == 0 ? null : context.Values, NotGiven = context.NotGiven.Count == 0 ? null : context.NotGiven };
        }
        catch (Exception fault) when (fault is RowFault or TemplateFault)
        {
            return new ConvertedRow(rule.Name) { Problem = fault is RowFault ? fault.Message : $"its values cannot be given to a template: {fault.Message}." };
        }
    }

    private static RowRule Recognized(RowForms forms, RowColumns columns, IReadOnlyCollection<string> found, string file)
    {
        var rule = forms.ByColumns(found) ?? throw new UserError(
            $"The rows of '{file}' have the columns {RowValues.Quote(found)}, which match no known format. Set the columns to use: prompt_column and response_column, or messages_column, or text_column; or write input_template and output_template.");
        if (columns.System is { } system && rule is not PairRule) throw new UserError($"system_column is '{system}', but the rows are read as '{rule.Name}', which already has system messages. Remove system_column.");
        return rule;
    }

    private static RowRule Told(RowColumns columns, MessageReader reader, IReadOnlyCollection<string> found, string file, TemplateColumns checks)
    {
        if (columns.InputTemplate is not null) return Templates(columns, checks);
        if (columns.Messages is { } messages) return new ConversationRule("messages", reader, messages);
        return columns.Text is { } text ? new TextRule(text) : Pair(columns, reader, found, file);
    }

    private static List<string> Contradictions(RowColumns columns)
    {
        var problems = new List<string>();
        var templates = columns.InputTemplate is not null || columns.OutputTemplate is not null || columns.InstructionTemplate is not null;
        var pair = columns.Prompt is not null || columns.Response is not null || columns.System is not null;
        var ways = new[] { (templates, "input_template and output_template"), (pair, "prompt_column and response_column"), (columns.Messages is not null, "messages_column"), (columns.Text is not null, "text_column") };
        var chosen = ways.Where(way => way.Item1).Select(way => way.Item2).ToList();
        if (chosen.Count > 1) problems.Add($"{string.Join(" and ", chosen)} are set together, but say different things about a row; keep one of them.");
        if (templates && columns.InputTemplate is null) problems.Add("input_template is not set, but another template is; set input_template and output_template together.");
        if (templates && columns.OutputTemplate is null) problems.Add("output_template is not set, but another template is; set input_template and output_template together.");
        return problems;
    }

    private static List<string> Missing(RowColumns columns, IReadOnlyCollection<string> found, string file)
    {
        var named = new[] { ("prompt_column", columns.Prompt), ("response_column", columns.Response), ("system_column", columns.System), ("messages_column", columns.Messages), ("text_column", columns.Text), ("label_column", columns.Label) };
        return named.Where(entry => entry.Item2 is not null && RowValues.FindColumn(found, entry.Item2) is null)
            .Select(entry => $"{entry.Item1} is '{entry.Item2}', but the rows of '{file}' have the columns {RowValues.Quote(found)}{RowValues.Hint(entry.Item2!, found)}").ToList();
    }

    private static PairRule Pair(RowColumns columns, MessageReader reader, IReadOnlyCollection<string> found, string file)
    {
        string Find(string? given, string setting, IReadOnlyList<string> usual)
        {
            if (given is not null) return given;
            foreach (var name in usual)
            {
                if (RowValues.FindColumn(found, name) is { } column) return column;
            }

            throw new UserError($"{setting} is not set, and none of the columns {RowValues.Quote(found)} of '{file}' has a known name. Set {setting}.");
        }

        var prompt = Find(columns.Prompt, "prompt_column", RowColumns.UsualPrompts);
        var response = Find(columns.Response, "response_column", RowColumns.UsualResponses);
        return new PairRule($"{prompt}/{response}", reader, prompt, response, System: columns.System);
    }

    private static TemplateRule Templates(RowColumns columns, TemplateColumns checks)
    {
        Template Parse(string source, string setting, bool mayBeConstant = false)
        {
            var template = Template.Parse(source, setting);
            checks.Check(template, setting, mayBeConstant);
            return template;
        }

        return new(
            Parse(columns.InputTemplate!, "input_template"),
            Parse(columns.OutputTemplate!, "output_template"),
            columns.InstructionTemplate is null ? null : Parse(columns.InstructionTemplate, "instruction_template", mayBeConstant: true));
    }
}
