using System.Text.Json;
using System.Text.Json.Nodes;
using Unmask.Engine.Data.Rows.Values;
using Unmask.Engine.Data.Tables;

namespace Unmask.Engine.Data.Files.Readers;

/// <summary>Makes a row of the bytes of a JSON object.</summary>
/// <remarks>Where a key comes twice the last one counts, as in Python and JavaScript.</remarks>
internal static class JsonRow
{
    private const int MaximumDepth = 512;
    private const int LongestNumber = 1000;

    /// <summary>The row, or null with a reason that tells what is wrong.</summary>
    public static Row? Parse(ReadOnlySpan<byte> bytes, string file, long line, out string reason)
    {
        reason = TextBytes.Problem(bytes) ?? "";
        if (reason.Length > 0) return null;
        try
        {
            var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = MaximumDepth });
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reason = $"a row must be a JSON object such as {{\"prompt\": \"...\", \"response\": \"...\"}}, this is {Kind(reader.TokenType)}";
                return null;
            }

            var values = new OrderedDictionary<string, JsonNode?>();
            var left = ExpansionBudget.RecordNodes;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString()!;
                reader.Read();
                values[name] = Value(ref reader, ref left);
                if (values.Count > ExpansionBudget.Columns) throw new InvalidDataException($"the object has more than {ExpansionBudget.Columns:N0} members, at most that many columns are read");
            }

            if (reader.Read())
            {
                reason = "there is more text after the end of the object";
                return null;
            }

            return new Row(file, line, values);
        }
        catch (JsonException error)
        {
            reason = Reason(error, bytes);
        }
        catch (InvalidDataException error)
        {
            reason = error.Message;
        }
        catch (InvalidOperationException)
        {
            reason = "a text holds half of a surrogate pair (an escape such as \\ud83d without its second half)";
        }

        return null;
    }

    private static JsonNode? Value(ref Utf8JsonReader reader, ref int left)
    {
        if (--left < 0) throw new InvalidDataException($"the object holds more than {ExpansionBudget.RecordNodes:N0} values, at most that many are read");
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return JsonValue.Create(reader.GetString());
            case JsonTokenType.StartArray:
                var array = new JsonArray();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) array.Add(Value(ref reader, ref left));
                return array;
            case JsonTokenType.StartObject:
                var members = new JsonObject();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var name = reader.GetString()!;
                    reader.Read();
                    members[name] = Value(ref reader, ref left);
                }

                return members;
            case JsonTokenType.Null:
                return null;
            case JsonTokenType.Number when reader.ValueSpan.Length > LongestNumber:
                throw new InvalidDataException($"a number has {reader.ValueSpan.Length:N0} digits, at most {LongestNumber:N0} are read; write it as a text");
            default:
                // Keeps a number as it was written: 1.0 stays 1.0.
                return JsonValue.Create(JsonElement.ParseValue(ref reader));
        }
    }

    private static string Reason(JsonException error, ReadOnlySpan<byte> bytes)
    {
        var place = error.LineNumber > 0 ? $"line {error.LineNumber + 1} of the object, byte {error.BytePositionInLine + 1}" : $"byte {error.BytePositionInLine + 1}";
        var hint = bytes.IndexOf("NaN"u8) >= 0 ? " (NaN is not JSON; write null)" : "";
        return $"not valid JSON at {place}: {JsonInput.ReasonAlone(error)}{hint}";
    }

    private static string Kind(JsonTokenType type) => type switch
    {
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a text",
        JsonTokenType.Number => "a number",
        JsonTokenType.Null => "null",
        _ => "true or false",
    };
}
