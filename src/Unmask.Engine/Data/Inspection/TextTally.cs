using System.Collections;
using Unmask.Core.Data;
using Unmask.Engine.Data.Rows.Values;

namespace Unmask.Engine.Data.Inspection;

/// <summary>Counts the characters of what rows are understood as.</summary>
internal sealed class TextTally
{
    private readonly LengthTally prompts = new();
    private readonly LengthTally responses = new();
    private readonly BitArray met = new(char.MaxValue + 1);
    private long characters;
    private long beyondAscii;

    public void Add(ConvertedRow row)
    {
        if (row.Text is { } text) responses.Add(Count(text));
        if (row.Messages is not { Count: > 0 } messages) return;
        prompts.Add(messages.SkipLast(1).Sum(message => Count(message.Content)));
        responses.Add(Count(messages[^1].Content));
    }

    public TextStatistics Result() => new(prompts.Result(), responses.Result(), met.Cast<bool>().Count(bit => bit), characters == 0 ? 0 : (double)beyondAscii / characters);

    private int Count(string text)
    {
        foreach (var character in text)
        {
            met[character] = true;
            if (character > '\x7f') beyondAscii++;
        }

        characters += text.Length;
        return text.Length;
    }
}
