using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
using Unmask.Engine.Tensors;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Regularization;

/// <summary>
/// Drops the units that <see cref="DropoutLines"/> names. No mask is kept: the backward pass does the same to the gradient. On a CPU that is one pass over the
/// numbers; elsewhere operators of LibTorch choose the same units.
/// </summary>
internal static class KeyedDropout
{
    /// <summary><paramref name="x"/> with some units 0 and the others scaled.</summary>
    public static Tensor Apply(Tensor x, DropoutLines lines) => Function.apply(x, lines);

    /// <summary>The same without gradient, on any device.</summary>
    internal static Tensor ByOperators(Tensor x, DropoutLines lines)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        return where(lines.Kept(x.shape, x.device), x * lines.Scale, zeros([], x.dtype, x.device)).MoveToOuterDisposeScope();
    }

    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        public override string Name => nameof(KeyedDropout);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            ctx.save_data("lines", vars[1]);
            return Masked((Tensor)vars[0], (DropoutLines)vars[1]);
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using var scope = NewDisposeScope();
            var result = Masked(grad_output, (DropoutLines)ctx.get_data("lines"));
            grad_output.Dispose();
            return [HandedOver.Gradient(result), null!];
        }
    }

    private static Tensor Masked(Tensor x, DropoutLines lines) =>
        x.device_type == DeviceType.CPU && x.dtype is ScalarType.Float32 or ScalarType.BFloat16 ? OnCpu(x, lines) : ByOperators(x, lines);

    private static unsafe Tensor OnCpu(Tensor given, DropoutLines lines)
    {
        var x = given.contiguous();
        var result = empty(x.shape, x.dtype, x.device);
        var width = (int)x.shape[^1];
        if (width == 0) return result;
        var (from, to) = (Pointer(x), Pointer(result));
        ParallelRange.For((int)(x.numel() / width), (first, end) =>
        {
            for (var line = first; line < end; line++)
            {
                var (start, turn) = lines.Key(line);
                var at = (long)line * width;
                if (x.dtype == ScalarType.Float32) Line((float*)from + at, (float*)to + at, width, start, turn, lines.Threshold, lines.Scale);
                else Line((ushort*)from + at, (ushort*)to + at, width, start, turn, lines.Threshold, lines.Scale);
            }
        });
        return result;
    }

    private static unsafe void Line(float* from, float* to, int width, uint start, uint turn, uint threshold, float scale)
    {
        var (places, turns, thresholds, scales) = (First(start), new Vector<uint>(turn), new Vector<uint>(threshold), new Vector<float>(scale));
        var i = 0;
        for (; i + Vector<float>.Count <= width; i += Vector<float>.Count)
        {
            var kept = Vector.GreaterThanOrEqual(KeyedWords.Words(places, turns), thresholds);
            Vector.Store((Vector.Load(from + i) * scales) & Vector.AsVectorSingle(kept), to + i);
            places += Stride;
        }

        for (; i < width; i++) to[i] = KeyedWords.Word(start, turn, (uint)i) >= threshold ? from[i] * scale : 0;
    }

    /// <summary>The same for the bits of bfloat16.</summary>
    private static unsafe void Line(ushort* from, ushort* to, int width, uint start, uint turn, uint threshold, float scale)
    {
        var (places, turns, thresholds, scales) = (First(start), new Vector<uint>(turn), new Vector<uint>(threshold), new Vector<float>(scale));
        var i = 0;
        for (; i + Vector<ushort>.Count <= width; i += Vector<ushort>.Count)
        {
            Vector.Widen(Vector.Load(from + i), out var low, out var high);
            low = Rounded(Vector.AsVectorSingle(low << 16) * scales) & Vector.GreaterThanOrEqual(KeyedWords.Words(places, turns), thresholds);
            places += Stride;
            high = Rounded(Vector.AsVectorSingle(high << 16) * scales) & Vector.GreaterThanOrEqual(KeyedWords.Words(places, turns), thresholds);
            places += Stride;
            Vector.Store(Vector.Narrow(low, high), to + i);
        }

        for (; i < width; i++) to[i] = KeyedWords.Word(start, turn, (uint)i) >= threshold ? Rounded(BitConverter.UInt32BitsToSingle((uint)from[i] << 16) * scale) : (ushort)0;
    }

    private static Vector<uint> First(uint start) => Vector<uint>.Indices * KeyedWords.Step + new Vector<uint>(start);

    private static Vector<uint> Stride => new(unchecked((uint)Vector<uint>.Count * KeyedWords.Step));

    /// <summary>The upper 16 bits, to nearest even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<uint> Rounded(Vector<float> value)
    {
        var bits = Vector.AsVectorUInt32(value);
        return (bits + new Vector<uint>(0x7fff) + ((bits >> 16) & Vector<uint>.One)) >> 16;
    }

    private static ushort Rounded(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
    }

    private static unsafe nint Pointer(Tensor tensor) => (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.bytes));
}
