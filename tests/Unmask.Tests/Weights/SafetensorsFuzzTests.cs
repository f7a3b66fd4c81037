using System.Text;
using CsCheck;
using Unmask.Engine.Modeling.Checkpoints.Safetensors;
using Unmask.Primitives;
using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Weights;

/// <summary>Damaged files: whatever happens to the bytes, the answer is a sentence or tensors that lie inside the file.</summary>
public sealed class SafetensorsFuzzTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private const string Header =
        """{"__metadata__":{"format":"pt"},"a.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"b":{"dtype":"BF16","shape":[4],"data_offsets":[24,32]}}""";

    [Fact]
    public void FlippedBytesGiveOnlyUserErrors()
    {
        var valid = SafetensorsTests.WithHeader(Header, 32);
        var flips = Gen.Select(Gen.Int[0, valid.Length - 1], Gen.Byte).Array[1, 6];
        Gen.Select(flips, Gen.Int[0, valid.Length]).Sample(
            (changes, cut) =>
            {
                var bytes = valid.ToArray();
                foreach (var (at, value) in changes) bytes[at] = value;
                Check(cut % 4 == 0 ? bytes[..cut] : bytes);
            },
            iter: 300, threads: 1);
    }

    [Fact]
    public void StrangeJsonGivesOnlyUserErrors()
    {
        string[] pieces =
        [
            "{", "}", "[", "]", ":", ",", "\"a\"", "\"dtype\"", "\"F32\"", "\"F4\"", "\"shape\"", "\"data_offsets\"", "\"__metadata__\"", "0", "32", "-1",
            "1e400", "18446744073709551616", "9223372036854775807", "null", "true", "\"\\ud800\"", " ", "\"a\":{\"dtype\":\"U8\",\"shape\":[32],\"data_offsets\":[0,32]}",
        ];
        Gen.Int[0, pieces.Length - 1].Array[0, 24].Sample(
            parts =>
            {
                try
                {
                    SafetensorsHeader.Parse(Encoding.UTF8.GetBytes("{" + string.Concat(parts.Select(part => pieces[part])) + "}"), 32, "f.safetensors");
                }
                catch (UserError error)
                {
                    Assert.Contains("f.safetensors", error.Message, StringComparison.Ordinal);
                }
            },
            iter: 20_000, threads: 1);
    }

    public void Dispose() => folder.Dispose();

    private void Check(byte[] bytes)
    {
        using var scope = NewDisposeScope();
        var path = folder.File("f.safetensors");
        File.WriteAllBytes(path, bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            using var file = SafetensorsFile.Open(path);
            foreach (var entry in file.Entries)
            {
                Assert.InRange(entry.End, entry.Begin, bytes.Length);
                if (entry.Type.Torch is not null) Assert.Equal(entry.Elements, file.Read(entry.Name).numel());
            }
        }
        catch (UserError error)
        {
            Assert.Contains("f.safetensors", error.Message, StringComparison.Ordinal);
            Assert.True(Encoding.UTF8.GetByteCount(error.Message) < 4000);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }
}
