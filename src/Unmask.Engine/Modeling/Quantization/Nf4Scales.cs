using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Quantization;

/// <summary>The absmax of each block of a quantized weight, on the weight's device: as float32, or quantized again.</summary>
internal abstract class Nf4Scales : IDisposable
{
    /// <summary>Bytes that grow with the weight.</summary>
    public abstract long Bytes { get; }

    /// <summary>Absmax of the blocks from number <paramref name="first"/> on; for scales on the host.</summary>
    public abstract void Read(int first, Span<float> absmax);

    /// <summary>Absmax of all blocks, float32; on any device.</summary>
    public abstract Tensor All();

    /// <summary>A copy on another device.</summary>
    public abstract Nf4Scales To(Device device);

    public abstract void Dispose();

    /// <summary>Quantizes absmax (float32, on the host) again, around its mean.</summary>
    public static Nested Quantize(Tensor absmax)
    {
        using var scope = NewDisposeScope();
        // Torch's own sum: the order of its additions is part of the result.
        var offset = absmax.mean().item<float>();
        var codes = empty(absmax.numel(), ScalarType.Byte);
        var nested = empty(DoubleQuantization.Blocks(absmax.numel()), ScalarType.Float32);
        DoubleQuantization.Quantize(Memory.Span<float>(absmax), offset, codes.bytes, Memory.Span<float>(nested));
        return new Nested(codes.DetachFromDisposeScope(), nested.DetachFromDisposeScope(), DynamicMap.Values.ToArray(), offset);
    }

    /// <summary>One float32 number a block.</summary>
    public sealed class Plain(Tensor absmax) : Nf4Scales
    {
        public Tensor Absmax => absmax;

        public override long Bytes => absmax.numel() * sizeof(float);

        public override void Read(int first, Span<float> target) => Memory.Span<float>(absmax).Slice(first, target.Length).CopyTo(target);

        public override Tensor All() => absmax.alias();

        public override Nf4Scales To(Device device) => new Plain(absmax.to(device).DetachFromDisposeScope());

        public override void Dispose() => absmax.Dispose();
    }

    /// <summary>Double quantization: map[code] * nested absmax + offset.</summary>
    /// <param name="codes">Bytes, one a block.</param>
    /// <param name="nestedAbsmax">Float32, one for 256 blocks.</param>
    /// <param name="map">The 256 numbers that codes stand for, as the file has them.</param>
    /// <param name="offset">Mean of all absmax.</param>
    public sealed class Nested(Tensor codes, Tensor nestedAbsmax, float[] map, float offset) : Nf4Scales
    {
        public Tensor Codes => codes;

        public Tensor NestedAbsmax => nestedAbsmax;

        public float[] Map => map;

        public float Offset => offset;

        public override long Bytes => codes.numel() + nestedAbsmax.numel() * sizeof(float);

        public override void Read(int first, Span<float> target) =>
            DoubleQuantization.Dequantize(codes.bytes.Slice(first, target.Length), first, map, Memory.Span<float>(nestedAbsmax), offset, target);

        public override Tensor All()
        {
            using var scope = NewDisposeScope();
            var values = tensor(map, device: codes.device).index_select(0, codes.to(ScalarType.Int32));
            var scales = nestedAbsmax.repeat_interleave(DoubleQuantization.BlockSize).narrow(0, 0, codes.numel());
            return (values * scales + tensor(offset, device: codes.device)).MoveToOuterDisposeScope();
        }

        public override Nf4Scales To(Device device) => new Nested(codes.to(device).DetachFromDisposeScope(), nestedAbsmax.to(device).DetachFromDisposeScope(), map, offset);

        public override void Dispose()
        {
            codes.Dispose();
            nestedAbsmax.Dispose();
        }
    }
}
