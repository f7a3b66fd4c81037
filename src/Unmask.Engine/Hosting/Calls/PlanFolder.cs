using System.Security.Cryptography;
using System.Text;
using Unmask.Core.Parameters;
using Unmask.Core.Storage;

namespace Unmask.Engine.Hosting.Calls;

/// <summary>
/// A folder for the prepared rows and the learned vocabulary of the last plan, so that a plan after a change of, say, batch_size tokenizes nothing again. It goes with the process.
/// </summary>
internal sealed class PlanFolder : IDisposable
{
    /// <summary>Settings that a vocabulary does not depend on. Whether prepared rows are still right is judged by their own fingerprint.</summary>
    private static readonly string[] Vocabulary =
    [
        "dataset", "dataset_format", "dataset_split", "prompt_column", "response_column", "system_column", "messages_column", "text_column", "input_template", "output_template",
        "instruction_template", "model", "tokenizer", "model_architecture", "vocabulary", "vocab_size", "chat_template", "pretrain",
    ];

    private DirectoryInfo? folder;
    private string? key;

    /// <summary>The folder for these settings: with what the last plan left where a vocabulary would be the same, else empty.</summary>
    public string For(TrainParameters parameters)
    {
        var wanted = KeyOf(parameters);
        if (folder is { Exists: true } && key == wanted) return folder.FullName;
        Dispose();
        folder = ScratchFolder.Create("plan");
        key = wanted;
        return folder.FullName;
    }

    public void Dispose()
    {
        if (folder is { Exists: true }) folder.Delete(recursive: true);
        folder = null;
    }

    private static string KeyOf(TrainParameters parameters)
    {
        var text = new StringBuilder();
        foreach (var name in Vocabulary)
        {
            var value = Convert.ToString(ParameterCatalog.Find(name)!.Of(parameters), CultureInfo.InvariantCulture);
            text.Append(CultureInfo.InvariantCulture, $"{name}={value}\n");
            if (value is null || !Path.Exists(value)) continue;
            string[] files = Directory.Exists(value) ? [.. FileWalk.FilesBehindLinks(value).Order(StringComparer.Ordinal)] : [value];
            foreach (var file in files)
            {
                text.Append(CultureInfo.InvariantCulture, $"{file} {new FileInfo(file).Length} {File.GetLastWriteTimeUtc(file):O}\n");
            }
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
