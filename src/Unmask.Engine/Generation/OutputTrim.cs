namespace Unmask.Engine.Generation;

/// <summary>Cuts what was generated out of a finished canvas.</summary>
public static class OutputTrim
{
    /// <summary>The tokens behind the prompt, up to the first end token.</summary>
    /// <param name="sequence">Prompt and answer.</param>
    /// <param name="promptLength">Tokens of the prompt.</param>
    /// <param name="endTokens">End of text, and end of turn where the model has one.</param>
    public static int[] Answer(ReadOnlySpan<int> sequence, int promptLength, params ReadOnlySpan<int> endTokens)
    {
        var answer = sequence[promptLength..];
        var end = answer.IndexOfAny(endTokens);
        return (end < 0 ? answer : answer[..end]).ToArray();
    }

    /// <summary>The tokens that stand where the input had masks, up to the first end token.</summary>
    public static int[] Filled(ReadOnlySpan<int> sequence, ReadOnlySpan<int> input, int maskId, params ReadOnlySpan<int> endTokens)
    {
        var filled = new List<int>();
        for (var j = 0; j < input.Length; j++)
        {
            if (input[j] == maskId) filled.Add(sequence[j]);
        }

        return Answer(filled.ToArray(), 0, endTokens);
    }

    /// <summary>Decoded text up to the first of some strings that end a turn, such as "[/Answer]".</summary>
    public static string Text(string decoded, params ReadOnlySpan<string> endStrings)
    {
        var end = decoded.Length;
        foreach (var mark in endStrings)
        {
            var at = mark.Length == 0 ? -1 : decoded.IndexOf(mark, StringComparison.Ordinal);
            if (at >= 0) end = Math.Min(end, at);
        }

        return decoded[..end];
    }
}
