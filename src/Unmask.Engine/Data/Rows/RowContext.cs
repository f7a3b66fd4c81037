using System.Text.Json.Nodes;
using Unmask.Engine.Data.Rows.Values;
using Unmask.Text.ChatTemplates;

namespace Unmask.Engine.Data.Rows;

/// <summary>
/// What a row gives the chat template beside its messages: the descriptions of tools (<c>tools</c>, or <c>functions</c>), <c>documents</c>, and the switches in <c>chat_template_kwargs</c>.
/// Each may be JSON text. Source: transformers' <c>apply_chat_template</c>, and TRL's and LLaMA-Factory's forms of rows.
/// </summary>
internal sealed class RowContext
{
    private const string Tools = "tools";
    private const string Functions = "functions";
    private const string Documents = "documents";
    private const string Switches = "chat_template_kwargs";

    private static readonly string[] _reserved = ["messages", "add_generation_prompt"];

    private readonly Row _row;
    private readonly IReadOnlyCollection<string> _used;
    private readonly Dictionary<string, JsonNode?> _values = new(StringComparer.Ordinal);
    private readonly List<string> _notGiven = [];

    private RowContext(Row row, IReadOnlyCollection<string> used) => (_row, _used) = (row, used);

    /// <summary>The columns that a row may give from.</summary>
    public static IReadOnlyList<string> Columns => [Tools, Functions, Documents, Switches];

    /// <summary>What there is, by the name that the template reads.</summary>
    public IReadOnlyDictionary<string, JsonNode?> Values => _values;

    /// <summary>Columns of those names that hold a text about something else.</summary>
    public IReadOnlyList<string> NotGiven => _notGiven;

    /// <param name="row">The row.</param>
    /// <param name="used">Columns that the row's own form reads.</param>
    /// <exception cref="RowFault">A column does not hold what its name says.</exception>
    public static RowContext Of(Row row, IReadOnlyCollection<string> used)
    {
        var context = new RowContext(row, used);
        context.Take();
        return context;
    }

    private void Take()
    {
        if (Descriptions(Tools) is { } tools) _values[Tools] = tools;
        if (Descriptions(Functions) is { } functions)
        {
            _values[Functions] = functions;
            _values.TryAdd(Tools, new JsonArray([.. functions.Select(function => function is JsonObject { } fields && !fields.ContainsKey("function") ? TemplateTraits.Wrap(function) : function?.DeepClone())]));
        }

        if (List(Documents) is { } documents) _values[Documents] = documents;
        if (Cell(Switches) is not { } cell) return;
        var read = CellJson.Value(cell, Switches);
        if (read is null) return;
        if (read is not JsonObject switches) throw new RowFault($"'{Switches}' must be an object of names and values, but is {RowValues.KindName(read)}.");
        foreach (var (name, value) in switches)
        {
            if (_reserved.Contains(name)) throw new RowFault($"'{Switches}' holds '{name}', which is set from the messages of the row. Remove it.");
            if (value is not null) _values[name] = value;
        }
    }

    private JsonArray? Descriptions(string name)
    {
        if (List(name) is not { } list) return null;
        JsonArray tools = list.All(tool => CellJson.TextOf(tool) is null)
            ? list
            : [.. list.Select((tool, i) => CellJson.TextOf(tool) is { } text ? CellJson.Parse(text, $"{name}[{i}]") : tool?.DeepClone())];
        if (tools.Any(tool => tool is not JsonObject)) throw new RowFault($"'{name}' must be a list of descriptions of tools, each an object, or JSON text of such a list.");
        return tools;
    }

    /// <summary>The list that a column holds, as it is or as JSON text; null for none. A column of that name may hold a text for people.</summary>
    private JsonArray? List(string name)
    {
        if (Cell(name) is not { } cell) return null;
        if (CellJson.TextOf(cell) is { } text && text.AsSpan().TrimStart() is not ['[' or '{', ..])
        {
            if (text.Trim().ToLowerInvariant() is not ("null" or "none" or "nan")) _notGiven.Add(name);
            return null;
        }

        return CellJson.Value(cell, name) switch
        {
            JsonArray { Count: > 0 } list => list,
            JsonObject { Count: > 0 } one => [one.DeepClone()],
            null or JsonArray or JsonObject => null,
            var other => throw new RowFault($"'{name}' must be a list, or JSON text of one, but is {RowValues.KindName(other)}."),
        };
    }

    private JsonNode? Cell(string name) =>
        RowValues.FindColumn(_row.Values.Keys, name) is { } column && !_used.Contains(column) && RowValues.IsFilled(_row.Values[column])
            ? _row.IsColumnar ? ColumnarNulls.Without(_row.Values[column]) : _row.Values[column]
            : null;
}
