using System.Collections.Frozen;
using System.IO.Compression;
using System.Security.Cryptography;

namespace Unmask.Web.Assets;

/// <summary>A file of wwwroot as it is sent.</summary>
/// <param name="Plain">Its bytes.</param>
/// <param name="Compressed">The same by Brotli, where that is smaller.</param>
/// <param name="ContentType">MIME type.</param>
public sealed record Asset(byte[] Plain, byte[]? Compressed, string ContentType);

/// <summary>The files of wwwroot, which travel inside the assembly: scripts, styles, icons. They are few and small, so they stay in memory.</summary>
public static class AssetStore
{
    private const string Root = "wwwroot/";

    private static readonly FrozenDictionary<string, Asset> assets = Load();

    /// <summary>Start of the SHA-256 of all files; part of every address, so that browsers keep files for good and scripts find each other by relative paths.</summary>
    public static string Version { get; } = HashOfAll();

    /// <summary>Paths of all files, e.g. css/app.css.</summary>
    public static IReadOnlyList<string> Paths => assets.Keys;

    /// <summary>The file at a path below wwwroot; null where there is none.</summary>
    public static Asset? Find(string path) => assets.GetValueOrDefault(path);

    /// <summary>The address of a file, which changes when any file does.</summary>
    /// <exception cref="ArgumentException">There is no such file.</exception>
    public static string Address(string path) => assets.ContainsKey(path) ? $"/assets/{Version}/{path}" : throw new ArgumentException($"wwwroot has no file {path}.", nameof(path));

    private static FrozenDictionary<string, Asset> Load()
    {
        var assembly = typeof(AssetStore).Assembly;
        return assembly.GetManifestResourceNames().Where(name => name.StartsWith(Root, StringComparison.Ordinal)).ToFrozenDictionary(name => name[Root.Length..].Replace('\\', '/'), name =>
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            var plain = new byte[stream.Length];
            stream.ReadExactly(plain);
            var packed = Compress(plain);
            return new Asset(plain, packed.Length < plain.Length ? packed : null, TypeOf(name));
        });
    }

    private static string HashOfAll()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in assets.Keys.Order(StringComparer.Ordinal)) hash.AppendData(assets[path].Plain);
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..12];
    }

    private static byte[] Compress(byte[] plain)
    {
        using var packed = new MemoryStream();
        using (var brotli = new BrotliStream(packed, CompressionLevel.Optimal)) brotli.Write(plain);
        return packed.ToArray();
    }

    private static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    };
}
