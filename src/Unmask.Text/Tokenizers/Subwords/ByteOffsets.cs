using Unmask.Text.Unicode;

namespace Unmask.Text.Tokenizers.Subwords;

/// <summary>
/// Places in a word counted in bytes of UTF-8, as Hugging Face's models count them, turned into UTF-16 units. A place inside a
/// character stands for the whole character.
/// </summary>
internal static class ByteOffsets
{
    /// <summary>Tokens laid end to end over a word, with their lengths in bytes.</summary>
    public static WordTokens Lay(ReadOnlySpan<char> word, int[] ids, ReadOnlySpan<int> byteLengths)
    {
        var starts = new int[ids.Length];
        var ends = new int[ids.Length];
        bool ascii = System.Text.Ascii.IsValid(word);
        int position = 0, unit = 0, unitBytes = 0;
        for (int i = 0; i < ids.Length; i++)
        {
            int end = position + byteLengths[i];
            if (ascii)
            {
                starts[i] = Math.Min(position, word.Length);
                ends[i] = Math.Min(end, word.Length);
            }
            else
            {
                // The character that holds the first byte…
                while (unit < word.Length && unitBytes + Width(word, unit, out int units) <= position)
                {
                    unitBytes += Width(word, unit, out units);
                    unit += units;
                }
                starts[i] = unit;
                // … to the end of the one that holds the last.
                int last = unit, lastBytes = unitBytes;
                while (last < word.Length && lastBytes < end)
                {
                    lastBytes += Width(word, last, out int units);
                    last += units;
                }
                ends[i] = last;
            }
            position = end;
        }
        return new WordTokens(ids, starts, ends);
    }

    private static int Width(ReadOnlySpan<char> word, int at, out int units) => CodePoints.Utf8Length(CodePoints.At(word, at, out units));
}
