using System.CommandLine;
using System.Text.Json;
using Unmask.Cli.Shell;
using Unmask.Text.Tokenizers;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask tokenize</c>: lines of text in, lines of JSON out, with the members that golden.jsonl files have.</summary>
public static class TokenizeCommand
{
    private static readonly JsonWriterOptions _json = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create()
    {
        var folder = new Option<string>("--tokenizer")
        {
            Description = "Folder with tokenizer.json, or vocab.json and merges.txt, or vocab.txt.",
            Required = true,
            HelpName = "DIR",
        };
        var decode = new Option<bool>("--decode")
        {
            Description = "Decode: read lines with token ids (a JSON array, or numbers separated by spaces) and print the text.",
        };
        var noSpecial = new Option<bool>("--no-special-tokens")
        {
            Description = "Add no special tokens such as [CLS]; with --decode, omit special tokens.",
        };
        var parse = new Option<bool>("--parse-special")
        {
            Description = "Parse special tokens that are spelled out in the text (the default of this command; all other commands treat text as plain).",
        };
        var noParse = new Option<bool>("--no-parse-special")
        {
            Description = "Treat the text as plain: no special tokens.",
        };
        var command = new Command("tokenize", "Tokenize lines of standard input (UTF-8, \\n line ends); prints one JSON object per line.")
        {
            folder, decode, noSpecial, parse, noParse,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(parse) && result.GetValue(noParse)) result.AddError("--parse-special and --no-parse-special exclude each other. Give one.");
        });
        command.SetAction(result =>
        {
            var tokenizer = Tokenizer.Load(result.GetRequiredValue(folder));
            using var input = Console.OpenStandardInput();
            using var output = Console.OpenStandardOutput();
            if (result.GetValue(decode)) Decode(tokenizer, input, output, result.GetValue(noSpecial));
            else Encode(tokenizer, input, output, !result.GetValue(noSpecial), !result.GetValue(noParse));
            return 0;
        });
        return command.WithExamples(
            ("unmask tokenize --tokenizer models/bert < text.txt", "the tokens of every line"),
            ("echo 101 7592 102 | unmask tokenize --tokenizer models/bert --decode", "decode token ids"));
    }

    /// <summary>Writes a line of JSON for every line of text.</summary>
    /// <param name="addSpecialTokens">Whether "ids" has the special tokens of the tokenizer's template; "ids_plain" never has.</param>
    internal static void Encode(Tokenizer tokenizer, Stream input, Stream output, bool addSpecialTokens, bool parseSpecialTokens)
    {
        using var buffer = new BufferedStream(output, 1 << 16);
        foreach (var text in Lines(input))
        {
            var full = tokenizer.Encode(text, addSpecialTokens, parseSpecialTokens);
            var plain = tokenizer.Encode(text, false, parseSpecialTokens);
            using (var writer = new Utf8JsonWriter(buffer, _json))
            {
                writer.WriteStartObject();
                writer.WriteString("text", text);
                WriteIds(writer, "ids", full.Ids);
                WriteIds(writer, "ids_plain", plain.Ids);
                writer.WriteStartArray("offsets");
                foreach (var (start, end) in plain.Offsets)
                {
                    writer.WriteStartArray();
                    writer.WriteNumberValue(start);
                    writer.WriteNumberValue(end);
                    writer.WriteEndArray();
                }
                writer.WriteEndArray();
                writer.WriteStartArray("tokens");
                foreach (var token in plain.Tokens) writer.WriteStringValue(token);
                writer.WriteEndArray();
                writer.WriteString("decoded", tokenizer.Decode(plain.Ids, false));
                writer.WriteString("decoded_skip", tokenizer.Decode(full.Ids, true));
                writer.WriteEndObject();
            }
            buffer.WriteByte((byte)'\n');
        }
    }

    internal static void Decode(Tokenizer tokenizer, Stream input, Stream output, bool skipSpecialTokens)
    {
        using var buffer = new BufferedStream(output, 1 << 16);
        int number = 0;
        foreach (var line in Lines(input))
        {
            number++;
            var ids = ParseIds(line, number);
            using (var writer = new Utf8JsonWriter(buffer, _json))
            {
                writer.WriteStartObject();
                WriteIds(writer, "ids", ids);
                writer.WriteString("decoded", tokenizer.Decode(ids, skipSpecialTokens));
                writer.WriteEndObject();
            }
            buffer.WriteByte((byte)'\n');
        }
    }

    private static int[] ParseIds(string line, int number)
    {
        var parts = line.Trim().TrimStart('[').TrimEnd(']').Split([' ', ',', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
        var ids = new int[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out ids[i]))
                throw new UserError($"Line {number} of the input has \"{parts[i]}\" instead of a token id (a whole number, 0 or more).");
        }
        return ids;
    }

    private static void WriteIds(Utf8JsonWriter writer, string name, int[] ids)
    {
        writer.WriteStartArray(name);
        foreach (var id in ids) writer.WriteNumberValue(id);
        writer.WriteEndArray();
    }

    // StreamReader.ReadLine would also end a line at \r, which is text here.
    private static IEnumerable<string> Lines(Stream input)
    {
        using var reader = new StreamReader(input, new System.Text.UTF8Encoding(false), detectEncodingFromByteOrderMarks: false);
        var line = new System.Text.StringBuilder();
        var buffer = new char[1 << 14];
        int count;
        bool open = false;
        while ((count = reader.Read(buffer)) > 0)
        {
            int start = 0;
            while (Array.IndexOf(buffer, '\n', start, count - start) is var end and >= 0)
            {
                line.Append(buffer, start, end - start);
                yield return line.ToString();
                line.Clear();
                open = false;
                start = end + 1;
            }
            line.Append(buffer, start, count - start);
            open |= count > start;
        }
        if (open) yield return line.ToString();
    }
}
