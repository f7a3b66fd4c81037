using Xunit;

namespace Unmask.EndToEnd;

/// <summary>A very small fresh model that knows the characters of a workplace's rows.</summary>
internal static class TinyModel
{
    private static readonly string[] size = ["hidden_size=32", "intermediate_size=64", "num_attention_heads=2", "num_hidden_layers=1", "max_position_embeddings=512"];

    /// <summary>Makes it in a new folder.</summary>
    public static async Task Make(string folder, Workplace place)
    {
        var made = await Executable.Run(["model", "new", "--size", "tiny", "--architecture", "bert", "--learn", "character", "--dataset", place.In("rows.jsonl"), "--output", folder, .. size.SelectMany(value => (string[])["--set", value])], place.Folder);
        Assert.True(made.Code == 0, made.Error);
    }
}
