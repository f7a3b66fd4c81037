using System.IO.Compression;
using System.Text.Json.Nodes;
using Unmask.Text.Tokenizers.Files;

namespace Unmask.Text.Tokenizers;

/// <summary>Finds and reads the files of a tokenizer in a folder.</summary>
internal static class TokenizerFolder
{
    /// <summary>The largest tokenizer.json that is read, in bytes; the largest published ones have 35 MB.</summary>
    private const int LargestTokenizer = 128 << 20;

    public static TokenizerFiles Read(string folder)
    {
        if (!Directory.Exists(folder))
            throw new UserError($"The tokenizer folder {folder} does not exist. Give the folder of a model that holds tokenizer.json.");
        var files = new TokenizerFiles("", default, ReadObject(folder, "tokenizer_config.json"), ReadObject(folder, "special_tokens_map.json"))
        {
            Folder = folder,
            AddedIds = ReadObject(folder, "added_tokens.json"),
            ModelConfig = ReadObject(folder, "config.json"),
            TemplateFiles = ChatTemplateFiles.Read(folder),
        };
        var json = Path.Combine(folder, "tokenizer.json");
        var zipped = json + ".gz";
        var words = Path.Combine(folder, "vocab.txt");
        var vocabulary = Path.Combine(folder, "vocab.json");
        var merges = Path.Combine(folder, "merges.txt");
        if (File.Exists(json)) return files with { Name = json, TokenizerJson = InputFile.ReadBytes(json, LargestTokenizer), IsTokenizerJson = true };
        if (File.Exists(zipped)) return files with { Name = zipped, TokenizerJson = Unzip(zipped), IsTokenizerJson = true };
        if (File.Exists(vocabulary) && File.Exists(merges))
        {
            files = files with { Name = vocabulary };
            return files with { TokenizerJson = LegacyTokenizers.FromMerges(files, JsonInput.ReadObject(vocabulary), InputFile.ReadText(merges), merges) };
        }
        if (File.Exists(words))
        {
            files = files with { Name = words };
            return files with { TokenizerJson = LegacyTokenizers.FromWordList(files, InputFile.ReadText(words)) };
        }
        throw new UserError($"The folder {folder} holds no tokenizer: there is no tokenizer.json (nor tokenizer.json.gz), no vocab.txt, and no vocab.json with merges.txt. "
            + "Copy the tokenizer's files beside the model's.");
    }

    private static JsonObject ReadObject(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        return File.Exists(path) ? JsonInput.ReadObject(path) : [];
    }

    private static byte[] Unzip(string path)
    {
        var bytes = InputFile.ReadBytes(path);
        try
        {
            using var packed = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
            using var plain = new MemoryStream();
            var block = new byte[1 << 16];
            while (packed.Read(block) is > 0 and int count)
            {
                if (plain.Length + count > LargestTokenizer)
                    throw new UserError($"{path} unpacks to more than {LargestTokenizer >> 20} MiB; a tokenizer may have at most that. Check that it is the right file.");
                plain.Write(block, 0, count);
            }
            return plain.ToArray();
        }
        catch (InvalidDataException fault)
        {
            throw new UserError($"{path} cannot be unpacked: {fault.Message} Fetch the file again from where the model came from.");
        }
    }
}
