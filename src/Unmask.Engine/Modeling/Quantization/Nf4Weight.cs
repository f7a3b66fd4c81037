using TorchSharp;
using Unmask.Engine.Tensors;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Quantization;

/// <summary>A weight matrix [O, I] in 4 bits and what its product needs. It cannot be trained; gradients pass through it to its input.</summary>
/// <remarks>See <see cref="Nf4Format"/> for the numbers. Belongs to no dispose scope.</remarks>
public sealed class Nf4Weight : IDisposable
{
    /// <summary>Blocks that a thread does at a time: those that share a magnitude in double quantization.</summary>
    private const int Portion = DoubleQuantization.BlockSize;

    private readonly Nf4Scratch scratch;

    internal Nf4Weight(long[] shape, Tensor packed, Nf4Scales scales, Nf4Scratch scratch)
    {
        (Shape, Packed, Scales, this.scratch) = (shape, packed, scales, scratch);
        scratch.Reserve(Elements);
    }

    /// <summary>[O, I].</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>Bytes [ceil(O*I / 2), 1].</summary>
    internal Tensor Packed { get; }

    internal Nf4Scales Scales { get; }

    /// <summary>Whether the absmax of blocks are quantized too.</summary>
    internal bool IsDoubly => Scales is Nf4Scales.Nested;

    /// <summary>The type in which products are computed.</summary>
    public ScalarType ComputeDtype => scratch.Dtype;

    public long Elements => Shape.Aggregate(1L, (product, size) => product * size);

    /// <summary>Bytes that the weight takes.</summary>
    public long Bytes => Packed.numel() + Scales.Bytes;

    /// <summary>Quantizes a weight, a portion at a time.</summary>
    /// <param name="weight">[O, I] on the host, contiguous; bfloat16, float32, or of a type that is copied to float32 first.</param>
    /// <param name="scratch">Where products unpack it.</param>
    /// <param name="doubly">Whether the absmax of blocks are quantized too.</param>
    /// <exception cref="ArgumentException">A weight is not finite.</exception>
    internal static Nf4Weight Quantize(Tensor weight, Nf4Scratch scratch, bool doubly = true)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var packed = empty([Nf4Format.PackedBytes(weight.numel()), 1], ScalarType.Byte);
        var absmax = empty(Nf4Format.Blocks(weight.numel()), ScalarType.Float32);
        Quantize(weight.dtype is ScalarType.BFloat16 or ScalarType.Float32 ? weight.detach() : weight.detach().to(ScalarType.Float32), packed, absmax);
        if (!absmax.isfinite().all().item<bool>()) throw new ArgumentException("A weight is not a finite number.", nameof(weight));
        var scales = doubly ? Nf4Scales.Quantize(absmax) : new Nf4Scales.Plain(absmax.DetachFromDisposeScope()) as Nf4Scales;
        return new Nf4Weight(weight.shape, packed.DetachFromDisposeScope(), scales, scratch);
    }

    private static unsafe void Quantize(Tensor weight, Tensor packed, Tensor absmax)
    {
        var (from, codes, scales, isHalf) = (Memory.Pointer(weight), Memory.Pointer(packed), Memory.Pointer(absmax), weight.dtype == ScalarType.BFloat16);
        ForPortions(weight.numel(), (first, length) =>
        {
            Span<float> widened = stackalloc float[isHalf ? length : 0];
            if (isHalf) Nf4Format.Widen(new ReadOnlySpan<ushort>((ushort*)from + first, length), widened);
            Nf4Format.Quantize(
                isHalf ? widened : new ReadOnlySpan<float>((float*)from + first, length),
                new Span<byte>((byte*)codes + first / 2, (int)Nf4Format.PackedBytes(length)),
                new Span<float>((float*)scales + first / Nf4Format.BlockSize, (int)Nf4Format.Blocks(length)));
        });
    }

    /// <summary>Calls <paramref name="body"/>(first, length) for portions of <paramref name="count"/> weights, on all threads.</summary>
    private static void ForPortions(long count, Action<long, int> body)
    {
        const int size = Portion * Nf4Format.BlockSize;
        ParallelRange.For((int)((count + size - 1) / size), (begin, end) =>
        {
            for (var portion = begin; portion < end; portion++) body((long)portion * size, (int)Math.Min(size, count - (long)portion * size));
        });
    }

    /// <summary>x [N, I] times this weight, plus bias, computed in <see cref="ComputeDtype"/> and given back in the type of <paramref name="x_NI"/>: [N, O].</summary>
    /// <param name="x_NI">Receives a gradient. It is not kept for it, nor is the unpacked weight.</param>
    /// <param name="bias_O">Receives a gradient where it requires one.</param>
    internal Tensor Product(Tensor x_NI, Tensor? bias_O) =>
        is_grad_enabled() && (x_NI.requires_grad || bias_O is { requires_grad: true }) ? ProductFunction.apply(x_NI, this, bias_O!) : Multiply(x_NI, bias_O);

    private Tensor Multiply(Tensor x_NI, Tensor? bias_O)
    {
        using var scope = NewDisposeScope();
        var (input_NI, bias) = (x_NI.to(ComputeDtype), bias_O?.to(ComputeDtype));
        lock (scratch) return Products.Linear(input_NI, Unpack(), bias).to(x_NI.dtype).MoveToOuterDisposeScope();
    }

    private Tensor InputGradient(Tensor gradient_NO, ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        var output_NO = gradient_NO.to(ComputeDtype);
        lock (scratch) return Products.Multiply(output_NO, Unpack()).to(dtype).MoveToOuterDisposeScope();
    }

    /// <summary>The weight [O, I] as numbers of <paramref name="dtype"/>: float32, bfloat16, or on other devices than the host any floating type.</summary>
    public Tensor Dequantize(ScalarType dtype)
    {
        if (Packed.device_type != DeviceType.CPU) return DequantizeByOperators(dtype);
        var weight = empty([.. Shape], dtype);
        DequantizeInto(weight);
        return weight;
    }

    /// <summary>In the memory that all weights of a model share: valid until the next is unpacked.</summary>
    private Tensor Unpack()
    {
        if (Packed.device_type != DeviceType.CPU) return DequantizeByOperators(ComputeDtype);
        var weight = scratch.View(Shape);
        DequantizeInto(weight);
        return weight;
    }

    /// <summary>Unpacks into a tensor on the host of the same number of elements, float32 or bfloat16.</summary>
    internal void DequantizeInto(Tensor target)
    {
        switch (target.dtype)
        {
            case ScalarType.Float32:
                Dequantize<float>(target);
                break;
            case ScalarType.BFloat16:
                Dequantize<ushort>(target);
                break;
            default:
                throw new ArgumentException($"4-bit weights are unpacked to float32 or bfloat16, not to {target.dtype}.", nameof(target));
        }
    }

    private unsafe void Dequantize<T>(Tensor target) where T : unmanaged
    {
        var (from, to) = (Memory.Pointer(Packed), Memory.Pointer(target));
        ForPortions(Elements, (first, length) =>
        {
            Span<float> absmax = stackalloc float[(int)Nf4Format.Blocks(length)];
            Scales.Read((int)(first / Nf4Format.BlockSize), absmax);
            Nf4Dequantization.Run(new ReadOnlySpan<byte>((byte*)from + first / 2, (int)Nf4Format.PackedBytes(length)), absmax, new Span<T>((T*)to + first, length));
        });
    }

    /// <summary>The same by operators of Torch, for GPUs: a byte chooses a pair of values among 256.</summary>
    internal Tensor DequantizeByOperators(ScalarType dtype)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var pairs = new float[512];
        for (var i = 0; i < 512; i++) pairs[i] = Nf4Format.Values[i % 2 == 0 ? i / 2 >> 4 : i / 2 & 15];
        var blocks = Nf4Format.Blocks(Elements);
        var codes = nn.functional.pad(Packed.view(-1), [0, blocks * Nf4Format.BlockSize / 2 - Packed.numel()]);
        var values = tensor(pairs, [256, 2], device: Packed.device).index_select(0, codes.to(ScalarType.Int32)).view(blocks, Nf4Format.BlockSize);
        return values.mul_(Scales.All().unsqueeze(1)).view(-1).narrow(0, 0, Elements).to(dtype).view([.. Shape]).MoveToOuterDisposeScope();
    }

    /// <summary>The weight on another device, which takes this one's place.</summary>
    internal Nf4Weight To(Device device)
    {
        if (device.type == Packed.device_type) return this;
        using (this) return new Nf4Weight([.. Shape], Packed.to(device).DetachFromDisposeScope(), Scales.To(device), scratch);
    }

    public void Dispose()
    {
        Packed.Dispose();
        Scales.Dispose();
    }

    private sealed class ProductFunction : autograd.SingleTensorFunction<ProductFunction>
    {
        public override string Name => nameof(Nf4Weight) + nameof(Product);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var (x_NI, weight, bias_O) = ((Tensor)vars[0], (Nf4Weight)vars[1], (Tensor?)vars[2]);
            ctx.save_data("weight", weight);
            ctx.save_data("dtype", x_NI.dtype);
            ctx.save_data("bias", bias_O is { requires_grad: true } ? bias_O.dtype : null!);
            return weight.Multiply(x_NI, bias_O);
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using var noGrad = no_grad();
            var weight = (Nf4Weight)ctx.get_data("weight");
            var bias = ctx.get_data("bias") is ScalarType dtype ? grad_output.sum(0, type: dtype) : null;
            return [HandedOver.Gradient(weight.InputGradient(grad_output, (ScalarType)ctx.get_data("dtype"))), null!, bias!];
        }
    }
}
