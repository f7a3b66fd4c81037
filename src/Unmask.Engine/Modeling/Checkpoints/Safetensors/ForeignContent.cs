using System.Text;

namespace Unmask.Engine.Modeling.Checkpoints.Safetensors;

/// <summary>Knows by its first bytes what lies in a file in place of weights.</summary>
internal static class ForeignContent
{
    /// <summary>Bytes that <see cref="Describe"/> wants to see.</summary>
    public const int Looked = 512;

    private static readonly (byte[] Start, string What)[] Known =
    [
        ("PK\x03\x04"u8.ToArray(), "a zip file, as PyTorch saves its pickles (.bin, .pt); those are not read. Save the model as safetensors"),
        ([0x80, 0x02], "a pickle of PyTorch; those are not read, because they can run code. Save the model as safetensors"),
        ("GGUF"u8.ToArray(), "a file of llama.cpp (GGUF), which is not read. Use the original model"),
        ([0x1F, 0x8B], "packed by gzip. Unpack it"),
        ([0x28, 0xB5, 0x2F, 0xFD], "packed by Zstandard. Unpack it"),
    ];

    /// <summary>What a file is that begins so and is no safetensors file, and what to do; null where nothing is known of it.</summary>
    public static string? Describe(ReadOnlySpan<byte> start)
    {
        foreach (var (known, what) in Known)
        {
            if (start.StartsWith(known)) return what;
        }

        var text = Encoding.UTF8.GetString(start).TrimStart('\uFEFF', ' ', '\t', '\r', '\n');
        if (text.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<head", StringComparison.OrdinalIgnoreCase))
        {
            return "a web page (HTML), as servers send where a file needs a login or is not there. Download the file itself";
        }

        if (text.StartsWith("<?xml", StringComparison.Ordinal)) return "an XML text, as storage servers send where they refuse a download. Download the file itself";
        return text.StartsWith('{') ? "a JSON text, as servers send where they refuse a download. Download the file itself" : null;
    }
}
