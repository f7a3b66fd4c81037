using System.Text.Json;
using Tokenizers.DotNet;

namespace Unmask.TokenizerOracle;

/// <summary>
/// Hugging Face's tokenizers library (Rust, by Tokenizers.DotNet) in a process of its own, since a panic of it ends the process. Each line of standard input names a tokenizer.json
/// and texts; each line of standard output gives for each text the ids and the text decoded from them, or null where the library refuses.
/// </summary>
internal static class Program
{
    private static void Main()
    {
        while (Console.In.ReadLine() is { } line)
        {
            var question = JsonSerializer.Deserialize<Question>(line)!;
            Console.Out.WriteLine(JsonSerializer.Serialize(Answers(question)));
            Console.Out.Flush();
        }
    }

    private static IReadOnlyList<Answer?>? Answers(Question question)
    {
        if (Try(() => new Tokenizer(question.Path)) is not { } tokenizer) return null;
        return [.. question.Texts.Select(text => Try(() => tokenizer.Encode(text)) is { } ids ? new Answer(ids, ids.Length == 0 ? null : Try(() => tokenizer.Decode(ids))) : null)];
    }

    private static T? Try<T>(Func<T> ask) where T : class
    {
        try
        {
            return ask();
        }
        catch (TokenizerException)
        {
            return null;
        }
    }

    private sealed record Question(string Path, IReadOnlyList<string> Texts);

    private sealed record Answer(uint[] Ids, string? Decoded);
}
