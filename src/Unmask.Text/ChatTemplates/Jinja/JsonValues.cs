using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>JSON as template values. Everything is read at once, so that nothing in it can fail while a template runs.</summary>
internal static class JsonValues
{
    /// <summary>Python refuses to read longer whole numbers as text.</summary>
    private const int LongestNumber = 4300;

    public static TemplateValue Read(JsonNode? node)
    {
        try
        {
            return Convert(node);
        }
        catch (ArgumentException)
        {
            // A name stands twice in an object; the element it was parsed from can still be read.
            return ReadElement(node!);
        }
        catch (Exception fault) when (fault is InvalidOperationException or JsonException or FormatException)
        {
            throw Unreadable(fault);
        }
        catch (TemplateFault fault)
        {
            throw new UserError($"A value for the template cannot be used: {fault.Message}.");
        }
    }

    private static TemplateValue ReadElement(JsonNode node)
    {
        try
        {
            using var document = JsonDocument.Parse(node.ToJsonString());
            return Convert(document.RootElement);
        }
        catch (Exception fault) when (fault is InvalidOperationException or JsonException or FormatException or ArgumentException)
        {
            throw Unreadable(fault);
        }
        catch (TemplateFault fault)
        {
            throw new UserError($"A value for the template cannot be used: {fault.Message}.");
        }
    }

    private static UserError Unreadable(Exception fault) =>
        new($"A value for the template is no readable JSON: {fault.Message.Split('\n')[0].TrimEnd('.')}. Half of a surrogate pair or a duplicate name is a common cause. Fix the data.");

    private static TemplateValue Convert(JsonNode? node) => node switch
    {
        null => TemplateValue.None,
        JsonArray array => TemplateValue.List(array.Select(Convert).ToList()),
        JsonObject members => TemplateValue.Mapping(members.Select(member => KeyValuePair.Create(member.Key, Convert(member.Value)))),
        _ => FromScalar(node.AsValue()),
    };

    private static TemplateValue Convert(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => TemplateValue.List(element.EnumerateArray().Select(Convert).ToList()),
        JsonValueKind.Object => TemplateValue.Mapping(element.EnumerateObject().Select(member => KeyValuePair.Create(member.Name, Convert(member.Value)))),
        JsonValueKind.String => element.GetString()!,
        JsonValueKind.Number => Number(element.GetRawText()),
        JsonValueKind.True => TemplateValue.True,
        JsonValueKind.False => TemplateValue.False,
        _ => TemplateValue.None,
    };

    private static TemplateValue FromScalar(JsonValue value)
    {
        // A not-a-number has no JSON text.
        if (value.TryGetValue(out double real) && !double.IsFinite(real) && !value.TryGetValue(out JsonElement _)) return real;
        return value.GetValueKind() switch
        {
            JsonValueKind.True => TemplateValue.True,
            JsonValueKind.False => TemplateValue.False,
            JsonValueKind.Null => TemplateValue.None,
            JsonValueKind.Number => Number(value.ToJsonString()),
            _ => value.TryGetValue(out string? text) ? text : JsonSerializer.Deserialize<string>(value.ToJsonString())!,
        };
    }

    private static TemplateValue Number(string digits)
    {
        if (long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)) return digits == "-0" ? 0 : whole;
        if (digits.AsSpan().IndexOfAny('.', 'e', 'E') >= 0) return double.Parse(digits, CultureInfo.InvariantCulture);
        if (digits.Length > LongestNumber) throw new TemplateFault($"a whole number has {digits.Length:N0} digits; {LongestNumber:N0} are allowed");
        return TemplateValue.Big(BigInteger.Parse(digits, CultureInfo.InvariantCulture));
    }
}
