using Unmask.Core;
using Unmask.Engine.Text.Templates.Jinja;

namespace Unmask.Engine.Data.Rows;

/// <summary>
/// Makes conversations or plain texts of rows. The shape is recognised from the columns of the first rows: messages (OpenAI), conversations (ShareGPT), prompt/chosen/rejected,
/// instruction/output (Alpaca), prompt or question with completion, response, answer or output, input/output, text; or it is told by <see cref="RowColumns"/>. A row without the columns of
/// the recognised shape is read by the shape its own columns have. Nothing is guessed beyond that: a row that does not fit is a problem with its reason. Safe to use from many threads.
/// </summary>
public sealed class RowConverter
{
    private static readonly RowRule[] _known = KnownRules().ToArray();

    private readonly RowRule _rule;
    private readonly bool _recognised;

    private RowConverter(RowRule rule, bool recognised) => (_rule, _recognised) = (rule, recognised);

    /// <summary>Name of the rule by which most rows are read.</summary>
    public string Rule => _rule.Name;

    /// <param name="firstRows">Some rows from the start of the data set.</param>
    /// <exception cref="UserError">No shape fits, or the settings name columns that are not there, contradict each other, or hold a faulty template.</exception>
    public static RowConverter For(IReadOnlyList<Row> firstRows, RowColumns columns)
    {
        UserError.ThrowIfAny(Contradictions(columns));
        if (firstRows.Count == 0) throw new UserError("The data set has no rows.");
        var found = firstRows.SelectMany(row => row.Values.Keys).Distinct().ToList();
        if (columns.InputTemplate is not null) return new RowConverter(Templates(columns), recognised: false);
        UserError.ThrowIfAny(Missing(columns, found, firstRows[0].File));
        if (columns.Messages is { } messages) return new RowConverter(new ConversationRule("messages", messages), recognised: false);
        if (columns.Text is { } text) return new RowConverter(new TextRule(text), recognised: false);
        if (columns.Prompt is not null || columns.Response is not null) return new RowConverter(Pair(columns, found, firstRows[0].File), recognised: false);

        var rule = Array.Find(_known, candidate => candidate.Fits(found)) ?? throw new UserError(
            $"The rows of '{firstRows[0].File}' have the columns {Quote(found)}, which fit no known form. Tell which columns to use: prompt_column and response_column, or messages_column, or text_column; or write input_template and output_template.");
        if (columns.System is { } system) rule = rule is PairRule pair ? pair with { System = system } : throw new UserError($"system_column is '{system}', but the rows are read as '{rule.Name}', which has system messages of its own; leave system_column out.");
        return new RowConverter(rule, recognised: columns.System is null);
    }

    /// <summary>Reads one row; what is wrong with it stands in <see cref="ConvertedRow.Problem"/>.</summary>
    public ConvertedRow Convert(Row row)
    {
        var rule = _rule;
        if (_recognised && !rule.Fits([.. row.Values.Keys])) rule = Array.Find(_known, candidate => candidate.Fits([.. row.Values.Keys])) ?? rule;
        try
        {
            return rule.Convert(row);
        }
        catch (RowFault fault)
        {
            return new ConvertedRow(rule.Name) { Problem = fault.Message };
        }
    }

    private static IEnumerable<RowRule> KnownRules()
    {
        yield return new ConversationRule("messages", "messages");
        yield return new ConversationRule("conversations", "conversations");
        yield return new ConversationRule("conversation", "conversation");
        yield return new PreferenceRule();
        yield return new PairRule("instruction/output", "instruction", "output", "input", "system");
        yield return new PairRule("instruction/response", "instruction", "response", "context", "system");
        foreach (var response in (string[])["completion", "response", "answer", "output"]) yield return new PairRule($"prompt/{response}", "prompt", response, System: "system");
        foreach (var response in (string[])["answer", "response"]) yield return new PairRule($"question/{response}", "question", response, System: "system");
        yield return new PairRule("input/output", "input", "output", System: "system");
        yield return new TextRule("text");
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
        var named = new[] { ("prompt_column", columns.Prompt), ("response_column", columns.Response), ("system_column", columns.System), ("messages_column", columns.Messages), ("text_column", columns.Text) };
        return named.Where(entry => entry.Item2 is not null && RowValues.FindColumn(found, entry.Item2) is null)
            .Select(entry => $"{entry.Item1} is '{entry.Item2}', but the rows of '{file}' have the columns {Quote(found)}.").ToList();
    }

    private static PairRule Pair(RowColumns columns, IReadOnlyCollection<string> found, string file)
    {
        string Find(string? given, string setting, params ReadOnlySpan<string> usual)
        {
            if (given is not null) return given;
            foreach (var name in usual)
            {
                if (RowValues.FindColumn(found, name) is { } column) return column;
            }

            throw new UserError($"{setting} is not set, and none of the columns {Quote(found)} of '{file}' has a usual name for it; set {setting}.");
        }

        var prompt = Find(columns.Prompt, "prompt_column", "prompt", "instruction", "question", "input");
        var response = Find(columns.Response, "response_column", "response", "completion", "answer", "output");
        return new PairRule($"{prompt}/{response}", prompt, response, System: columns.System);
    }

    private static TemplateRule Templates(RowColumns columns) => new(
        Template.Parse(columns.InputTemplate!, "input_template"),
        Template.Parse(columns.OutputTemplate!, "output_template"),
        columns.InstructionTemplate is null ? null : Template.Parse(columns.InstructionTemplate, "instruction_template"));

    private static string Quote(IEnumerable<string> names) => string.Join(", ", names.Select(name => $"'{name}'"));
}
