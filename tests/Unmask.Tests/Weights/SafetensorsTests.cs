using System.Buffers.Binary;
using System.Text;
using Unmask.Engine.Modeling.Checkpoints.Safetensors;
using Unmask.Primitives;
using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Weights;

public sealed class SafetensorsTests
{
    [Fact]
    public void EveryTypeComesBackByteForByte()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        ScalarType[] types =
        [
            ScalarType.Float64, ScalarType.Float32, ScalarType.Float16, ScalarType.BFloat16,
            ScalarType.Int64, ScalarType.Int32, ScalarType.Int16, ScalarType.Int8, ScalarType.Byte, ScalarType.Bool,
        ];
        var tensors = types.Select(type => new NamedTensor($"t.{type}", (rand(3, 5) * 100).to(type))).ToList();
        tensors.Add(new NamedTensor("scalar", tensor(2.5f)));
        tensors.Add(new NamedTensor("empty", zeros(0, 4)));
        tensors.Add(new NamedTensor("transposed", rand(3, 5).t()));
        var path = folder.File("x.safetensors");
        SafetensorsWriter.Write(path, tensors);
        using var file = SafetensorsFile.Open(path);
        Assert.Equal("pt", file.Metadata["format"]);
        foreach (var (name, value) in tensors)
        {
            var read = file.Read(name);
            Assert.Equal(value.dtype, read.dtype);
            Assert.Equal(value.shape, read.shape);
            Assert.True(read.bytes.SequenceEqual(value.contiguous().bytes), name);
        }
    }

    [Fact]
    public void LayoutIsThatOfTheOriginalWriter()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var path = folder.File("x.safetensors");
        SafetensorsWriter.Write(path, [new("b", zeros(3)), new("a", zeros(2, dtype: ScalarType.BFloat16)), new("c", zeros(1, dtype: ScalarType.Int64))]);
        var bytes = File.ReadAllBytes(path);
        var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        Assert.Equal(0, length % 8);
        Assert.Equal(
            """{"__metadata__":{"format":"pt"},"c":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[3],"data_offsets":[8,20]},"a":{"dtype":"BF16","shape":[2],"data_offsets":[20,24]}}""",
            Encoding.UTF8.GetString(bytes, 8, length).TrimEnd(' '));
    }

    [Fact]
    public void CopyingConvertsTheType()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var path = folder.File("x.safetensors");
        SafetensorsWriter.Write(path, [new("w", tensor(new[] { 1f, 2.5f, -3f }).to(ScalarType.BFloat16))]);
        using var file = SafetensorsFile.Open(path);
        var target = empty(3, dtype: ScalarType.Float64, requires_grad: true);
        file.CopyTo("w", target);
        Assert.Equal([1, 2.5, -3], target.data<double>().ToArray());
        Assert.Throws<ArgumentException>(() => file.CopyTo("w", empty(4)));
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}""", "'a' twice")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", "overlaps")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}""", "gap")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "16 bytes follow")]
    [InlineData("""{"a":{"dtype":"F32","shape":[8],"data_offsets":[0,32]}}""", "cut short")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,16]}}""", "F32 [3] but has 16 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,16]}}""", "has 16 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-4],"data_offsets":[0,16]}}""", "whole numbers from 0")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[16,0]}}""", "gap")]
    [InlineData("""{"a":{"dtype":"F31","shape":[4],"data_offsets":[0,16]}}""", "unknown dtype 'F31'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4]}}""", "must have dtype, shape and two data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16],"extra":1}}""", "'extra'")]
    [InlineData("""{"a":[]}""", "not an object")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}} x""", "not valid JSON")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}""", "not valid JSON")]
    [InlineData("""{"\ud800":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", "not valid JSON")]
    [InlineData(""" {"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", "begin with '{'")]
    [InlineData("""{"__metadata__":{"format":1},"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", "'format' is not a text")]
    public void BrokenHeadersAreNamed(string header, string fault)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("broken.safetensors");
        File.WriteAllBytes(path, WithHeader(header, 16));
        var error = Assert.Throws<UserError>(() => SafetensorsFile.Open(path).Dispose());
        Assert.Contains(path, error.Message);
        Assert.Contains(fault, error.Message);
    }

    [Theory]
    [InlineData(new byte[] { 1, 2, 3 }, "3 bytes")]
    [InlineData(new byte[] { 255, 255, 255, 255, 255, 255, 255, 255, 1 }, "claims 18446744073709551615")]
    [InlineData(new byte[] { 9, 0, 0, 0, 0, 0, 0, 0, 1 }, "cut short")]
    public void BrokenLengthsAreNamed(byte[] bytes, string fault)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("broken.safetensors");
        File.WriteAllBytes(path, bytes);
        Assert.Contains(fault, Assert.Throws<UserError>(() => SafetensorsFile.Open(path).Dispose()).Message);
    }

    [Fact]
    public void MissingFileIsNamed()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("none.safetensors");
        Assert.Contains(path, Assert.Throws<UserError>(() => SafetensorsFile.Open(path).Dispose()).Message);
    }

    internal static byte[] WithHeader(string header, int dataBytes)
    {
        var json = Encoding.UTF8.GetBytes(header);
        var bytes = new byte[8 + json.Length + dataBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)json.Length);
        json.CopyTo(bytes, 8);
        return bytes;
    }
}
