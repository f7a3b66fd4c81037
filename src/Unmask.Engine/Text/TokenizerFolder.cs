using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using Unmask.Core;

namespace Unmask.Engine.Text;

/// <summary>Finds and reads the files of a tokenizer in a folder.</summary>
internal static class TokenizerFolder
{
    public static TokenizerFiles Read(string folder)
    {
        if (!Directory.Exists(folder))
            throw new UserError($"The tokenizer folder {folder} does not exist. Give the folder of a model that holds tokenizer.json.");
        var config = ReadObject(Path.Combine(folder, "tokenizer_config.json"));
        var map = ReadObject(Path.Combine(folder, "special_tokens_map.json"));
        var template = Path.Combine(folder, "chat_template.jinja");
        var jinja = File.Exists(template) ? ReadText(template) : null;

        var json = Path.Combine(folder, "tokenizer.json");
        var zipped = json + ".gz";
        var words = Path.Combine(folder, "vocab.txt");
        var vocabulary = Path.Combine(folder, "vocab.json");
        var merges = Path.Combine(folder, "merges.txt");
        if (File.Exists(json)) return new(json, ReadBytes(json), config, map, jinja);
        if (File.Exists(zipped)) return new(zipped, Unzip(zipped), config, map, jinja);
        if (File.Exists(vocabulary) && File.Exists(merges))
        {
            var files = new TokenizerFiles(vocabulary, default, config, map, jinja);
            var added = ReadObject(Path.Combine(folder, "added_tokens.json"));
            return files with { TokenizerJson = LegacyTokenizers.FromMerges(files, ReadObject(vocabulary), ReadText(merges), merges, added) };
        }
        if (File.Exists(words))
        {
            var files = new TokenizerFiles(words, default, config, map, jinja);
            return files with { TokenizerJson = LegacyTokenizers.FromWordList(files, ReadText(words)) };
        }
        throw new UserError($"The folder {folder} holds no tokenizer: there is no tokenizer.json (nor tokenizer.json.gz), no vocab.txt, and no vocab.json with merges.txt. "
            + "Copy the tokenizer's files beside the model's.");
    }

    private static JsonObject ReadObject(string path)
    {
        if (!File.Exists(path)) return [];
        try
        {
            var node = JsonNode.Parse(ReadBytes(path));
            if (node is not JsonObject found) throw new UserError($"{path} must hold a JSON object. Fetch the file again from where the model came from.");
            // Members are looked up only on demand; a doubled name is found here, not later.
            _ = found.Count;
            return found;
        }
        catch (Exception fault) when (fault is JsonException or ArgumentException or InvalidOperationException)
        {
            throw new UserError($"{path} is not valid JSON: {fault.Message} Fetch the file again from where the model came from.");
        }
    }

    private static string ReadText(string path) => System.Text.Encoding.UTF8.GetString(ReadBytes(path)).TrimStart('\uFEFF');

    private static byte[] ReadBytes(string path)
    {
        try
        {
            var bytes = File.ReadAllBytes(path);
            return bytes.AsSpan().StartsWith("\uFEFF"u8) ? bytes[3..] : bytes;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new UserError($"{path} cannot be read: {fault.Message}");
        }
    }

    private static byte[] Unzip(string path)
    {
        try
        {
            using var packed = new GZipStream(new MemoryStream(ReadBytes(path)), CompressionMode.Decompress);
            using var plain = new MemoryStream();
            packed.CopyTo(plain);
            return plain.ToArray();
        }
        catch (InvalidDataException fault)
        {
            throw new UserError($"{path} cannot be unpacked: {fault.Message} Fetch the file again from where the model came from.");
        }
    }
}
