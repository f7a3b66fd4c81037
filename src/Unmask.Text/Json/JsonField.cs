using System.Text.Json;
using System.Text.Json.Nodes;

namespace Unmask.Text.Json;

/// <summary>A value inside a JSON file that knows where it stands, so that a wrong one is named by file and path.</summary>
/// <param name="parent">Path of what holds it.</param>
/// <param name="name">Its name there, or null for an item of an array (and for the file itself).</param>
/// <param name="index">Its place in an array; -1 for a member.</param>
/// <param name="overrides">An object whose members stand for those of the value; null there means that there is none.</param>
internal readonly struct JsonField(JsonElement element, string parent, string? name, int index, string file, JsonElement overrides = default)
{
    public JsonField(JsonElement root, string file) : this(root, "", null, -1, file)
    {
    }

    public JsonElement Element => element;

    /// <summary>The same object with other values for some of its members.</summary>
    public JsonField With(JsonObject members) => new(element, parent, name, index, file, JsonSerializer.SerializeToElement(members));

    public string Path => FullPath() is { Length: > 0 } path ? path : "the file";

    public string File => file;

    public UserError Error(string problem) =>
        new($"{file}: {Path} {problem} Fix the file, or download it again.");

    /// <summary>The member of that name, which must be there and not be null.</summary>
    public JsonField Get(string name) => TryGet(name, out var field) ? field : throw Error($"has no \"{name}\". It must have one.");

    /// <summary>Whether there is a member of that name that is not null.</summary>
    public bool TryGet(string name, out JsonField field)
    {
        if (element.ValueKind != JsonValueKind.Object) throw Wrong("an object");
        field = default;
        bool has = (overrides.ValueKind == JsonValueKind.Object && overrides.TryGetProperty(name, out var member)) || element.TryGetProperty(name, out member);
        if (!has || member.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined) return false;
        field = new JsonField(member, FullPath(), name, -1, file);
        return true;
    }

    public string String(string name) => Get(name).AsString();

    public string? OptionalString(string name) => TryGet(name, out var field) ? field.AsString() : null;

    public bool Bool(string name, bool otherwise) => TryGet(name, out var field) ? field.AsBool() : otherwise;

    public bool? OptionalBool(string name) => TryGet(name, out var field) ? field.AsBool() : null;

    public int Int(string name, int otherwise) => TryGet(name, out var field) ? field.AsInt() : otherwise;

    /// <summary>One Unicode character.</summary>
    public int Character(string name, int otherwise)
    {
        if (!TryGet(name, out var field)) return otherwise;
        var text = field.AsString();
        if (text.Length == 0) throw field.Error("is empty. It must be one character.");
        var c = Unicode.CodePoints.At(text, 0, out int units);
        return units == text.Length ? c : throw field.Error($"is \"{Excerpt.Of(text)}\". It must be one character.");
    }

    public string AsString() => element.ValueKind == JsonValueKind.String ? element.GetString()! : throw Wrong("a string");

    public bool AsBool() => element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong("true or false"),
    };

    public int AsInt() => element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int value) ? value : throw Wrong("a whole number");

    public int AsId()
    {
        var value = AsInt();
        return value >= 0 ? value : throw Error($"is {value}; a token id must be 0 or more.");
    }

    public double AsDouble() =>
        element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out double value) && double.IsFinite(value) ? value : throw Wrong("a number");

    public JsonField[] Elements()
    {
        if (element.ValueKind != JsonValueKind.Array) throw Wrong("an array");
        var items = new JsonField[element.GetArrayLength()];
        var path = FullPath();
        int i = 0;
        foreach (var item in element.EnumerateArray())
        {
            items[i] = new JsonField(item, path, null, i, file);
            i++;
        }
        return items;
    }

    /// <summary>The steps of a component that has several: a list of that name.</summary>
    public JsonField[] Steps(string name)
    {
        const int most = 64;
        var steps = Get(name).Elements();
        return steps.Length <= most ? steps : throw Error($"has {steps.Length:N0} steps; at most {most} are taken.");
    }

    public IEnumerable<(string Name, JsonField Value)> Members()
    {
        if (element.ValueKind != JsonValueKind.Object) throw Wrong("an object");
        return Iterate(element, FullPath(), file);

        static IEnumerable<(string, JsonField)> Iterate(JsonElement element, string path, string file)
        {
            foreach (var member in element.EnumerateObject()) yield return (member.Name, new JsonField(member.Value, path, member.Name, -1, file));
        }
    }

    /// <summary>The kind of a component: its "type".</summary>
    public string Kind() => String("type");

    public UserError UnknownKind(string what, params string[] known) =>
        new($"{file}: {Path}.type is \"{Excerpt.Of(Kind())}\", a {what} that is not supported. Supported: {string.Join(", ", known)}.");

    public UserError Wrong(string wanted) => Error($"is {Describe(element)}. It must be {wanted}.");

    // Made only when asked for: a vocabulary has hundreds of thousands of values, and almost always nothing is wrong with them.
    private string FullPath() => name is null
        ? index < 0 ? parent : $"{parent}[{index}]"
        : parent.Length == 0 ? name : name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') ? $"{parent}.{name}" : $"{parent}[\"{name}\"]";

    private static string Describe(JsonElement element)
    {
        var raw = element.ValueKind == JsonValueKind.Undefined ? "missing" : element.GetRawText();
        return element.ValueKind switch
        {
            JsonValueKind.Object => "an object",
            JsonValueKind.Array => "an array",
            _ => raw.Length > 60 ? raw[..60] + "…" : raw,
        };
    }
}
