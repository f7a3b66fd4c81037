using System.Text.Json;
using System.Text.Json.Nodes;
using Unmask.Core.Data;

namespace Unmask.Engine.Data.Inspection;

/// <summary>Cuts cells for a page: long texts, long lists, and what is nested too deep to be shown.</summary>
internal static class CellCut
{
    private const int MostItems = 2000;
    private const int Deepest = 24;

    /// <param name="value">The cell; it is not changed.</param>
    /// <param name="longestText">Longer texts are cut.</param>
    public static TableCell Of(JsonNode? value, int longestText)
    {
        var isCut = false;
        return new TableCell(Cut(value, longestText, Deepest, ref isCut), isCut);
    }

    private static JsonNode? Cut(JsonNode? value, int longest, int depth, ref bool isCut)
    {
        switch (value)
        {
            case JsonArray or JsonObject when depth == 0:
                isCut = true;
                return JsonValue.Create("...");
            case JsonArray list:
                var items = new JsonArray();
                foreach (var item in list)
                {
                    if (items.Count == MostItems)
                    {
                        isCut = true;
                        break;
                    }

                    items.Add(Cut(item, longest, depth - 1, ref isCut));
                }

                return items;
            case JsonObject members:
                var kept = new JsonObject();
                foreach (var (name, inner) in members)
                {
                    if (kept.Count == MostItems)
                    {
                        isCut = true;
                        break;
                    }

                    kept[name] = Cut(inner, longest, depth - 1, ref isCut);
                }

                return kept;
            case not null when value.GetValueKind() == JsonValueKind.String && value.ToString() is { } text && text.Length > longest:
                isCut = true;
                // Not between the two halves of a character.
                return JsonValue.Create(text[..(char.IsHighSurrogate(text[longest - 1]) ? longest - 1 : longest)]);
            default:
                return value?.DeepClone();
        }
    }
}
