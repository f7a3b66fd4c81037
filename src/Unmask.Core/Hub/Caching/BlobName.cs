using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Unmask.Core.Hub.Caching;

/// <summary>Names of contents: what an ETag says, and whether a content has that name.</summary>
internal static class BlobName
{
    private const int Sha1Letters = 40;
    private const int Sha256Letters = 64;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.");

    /// <summary>The bare name in an ETag: without <c>W/</c> and quotes. Null where there is none that could name a file.</summary>
    public static string? Of(string? etag)
    {
        if (etag is null) return null;
        string bare = etag.Trim();
        if (bare.StartsWith("W/", StringComparison.Ordinal)) bare = bare[2..];
        bare = bare.Trim('"');
        return bare.Length is > 0 and <= 200 && bare[0] != '.' && !bare.AsSpan().ContainsAnyExcept(Allowed) ? bare : null;
    }

    /// <summary>A hash that tells whether a content of <paramref name="bytes"/> bytes has this name: SHA-256 of large files, git's SHA-1 of small ones; null where the name is no hash.</summary>
    public static IncrementalHash? HashFor(string name, long bytes)
    {
        if (name.AsSpan().ContainsAnyExcept("0123456789abcdef")) return null;
        if (name.Length == Sha256Letters) return IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        if (name.Length != Sha1Letters) return null;
        var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {bytes}\0")));
        return hash;
    }

    /// <summary>Does the file hold what its name says? True where the name says nothing.</summary>
    public static bool IsTrueOf(string path, string name)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16, FileOptions.SequentialScan);
        using var hash = HashFor(name, file.Length);
        if (hash is null) return true;
        byte[] buffer = new byte[1 << 16];
        for (int read; (read = file.Read(buffer)) > 0;) hash.AppendData(buffer, 0, read);
        return Convert.ToHexStringLower(hash.GetHashAndReset()) == name;
    }
}
