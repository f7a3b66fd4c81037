namespace Unmask.Tests.Text.Differential;

/// <summary>Draws texts that reach what tokenizers treat differently: letters with and without marks, blanks of all kinds, numbers, signs, emoji, special tokens spelled out.</summary>
internal static class RandomText
{
    public static readonly string[] Letters =
    [
        "a", "b", "e", "h", "l", "o", "A", "H", "é", "e\u0301", "\u0301", "ß", "İ", "ﬁ", "Σ", "ς", "日", "本", "ー", "カ", "한", "\u1112", "\u1161", "ж", "ا", "न", "\u093F", "😀", "👩", "\u200D", "\uFE0F", "🇪", "🇸",
        "1", "2", "٣", "½", "²", "-", ".", ",", "'", "!", "(", "#", "_", "<", ">", "[", "]", "\u2581", "。", "\u00A0", "\u3000", "\u200B", "\uFFFD", "\u0085", "\u2028", "|",
    ];

    private static readonly string[] _chunks =
    [
        " ", " ", " ", "  ", "\n", "\t", "\r\n", "hello", "Hello", "the", "don't", "it's", "3.14", "[MASK]", "<s>", "</s>", "Hey", "hey", "<|end|>", "[X] ", " <sep>", "</w>", "##b", "<0x41>", "a b", "HELLO", "\0", "\u0007", "ab", "lo", "𝒳",
    ];

    public static string Draw(Random random)
    {
        var text = new System.Text.StringBuilder();
        for (int i = random.Next(random.Next(4) == 0 ? 60 : 14); i > 0; i--)
            text.Append(random.Next(5) < 2 ? _chunks[random.Next(_chunks.Length)] : Letters[random.Next(random.Next(2) == 0 ? 10 : Letters.Length)]);
        return text.ToString();
    }
}
