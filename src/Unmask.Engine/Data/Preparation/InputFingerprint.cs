using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Unmask.Engine.Data.Files;
using Unmask.Engine.Data.Files.Readers;

namespace Unmask.Engine.Data.Preparation;

/// <summary>Tells whether prepared rows belong to files and settings: a hash of everything that bears on them.</summary>
internal static class InputFingerprint
{
    /// <summary>Raised when the same input gives other rows than before.</summary>
    private const int Version = 3;

    /// <param name="settings">Settings of the preparation.</param>
    /// <param name="plan">Files that are read; their content counts, their age does not.</param>
    /// <param name="encoding">Fingerprint of tokenizer, template and columns.</param>
    /// <param name="progress">Told of bytes hashed.</param>
    public static string Of(DataSettings settings, SplitPlan plan, string encoding, Action<DataProgress> progress, CancellationToken cancellation)
    {
        // The place of the files and the number of threads do not change the rows.
        var relevant = settings with { Dataset = "", EvalDataset = null, Workers = 0 };
        var text = new StringBuilder().Append(Version).Append('\n').Append(JsonSerializer.Serialize(relevant)).Append('\n').Append(encoding).Append('\n').Append(plan.HoldOut);
        var done = 0L;
        foreach (var (part, files) in new[] { ("train", plan.Train), ("eval", plan.Eval ?? []) })
        {
            foreach (var file in files)
            {
                text.Append('\n').Append(part).Append(' ').Append(file.Format).Append(' ').Append(file.Member).Append(file.Share is { } share ? $" {share.Skip}+{share.Take}" : "").Append(file.OutputHas is { } word ? $" {JsonSerializer.Serialize(word)}" : "").Append(' ').Append(HashOf(file, ref done, progress, cancellation));
            }
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    private static string HashOf(DataFile file, ref long done, Action<DataProgress> progress, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var stream = RawFile.Open(file.Path);
        var buffer = new byte[1 << 20];
        while (stream.Read(buffer) is > 0 and var read)
        {
            cancellation.ThrowIfCancellationRequested();
            hash.AppendData(buffer, 0, read);
            done += read;
            progress(new DataProgress("checking files", done));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
