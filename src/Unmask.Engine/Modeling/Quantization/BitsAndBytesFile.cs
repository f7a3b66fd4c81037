using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Unmask.Engine.Modeling.Checkpoints.Safetensors;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Quantization;

/// <summary>4-bit weights in safetensors files, as bitsandbytes has them: the codes under the weight's name, the rest under that name and an ending.</summary>
internal static class BitsAndBytesFile
{
    private const string Absmax = ".absmax";
    private const string Map = ".quant_map";
    private const string NestedAbsmax = ".nested_absmax";
    private const string NestedMap = ".nested_quant_map";
    private const string State = ".quant_state.bitsandbytes__nf4";
    private const long LongestState = 1 << 16;
    private const string OtherState = ".quant_state.bitsandbytes__fp4";

    /// <summary>Endings of the tensors that stand beside the codes.</summary>
    public static IReadOnlyList<string> Endings { get; } = [Absmax, Map, NestedAbsmax, NestedMap, State, OtherState];

    /// <summary>Whether the tensor of that name is 4-bit codes.</summary>
    public static bool Holds(ModelWeights weights, string name) => weights.Contains(name + State) || weights.Contains(name + OtherState);

    /// <summary>Why a 4-bit weight of a file cannot be read as one of shape <paramref name="shape"/>; null when it can.</summary>
    public static string? Problem(ModelWeights weights, string name, IReadOnlyList<long> shape)
    {
        if (!weights.Contains(name + State)) return $"tensor {name} is quantized to fp4, which is not read here. Quantize the original model to nf4 instead.";
        if (ReadState(weights, name) is not { } state) return $"tensor {name + State} is no JSON description of a 4-bit weight. Copy or make the model again.";
        var stored = (state["shape"] as JsonArray)?.Select(size => size is JsonValue value && value.TryGetValue<long>(out var number) ? number : -1).ToArray() ?? [];
        if (!stored.SequenceEqual(shape)) return $"4-bit tensor {name} has shape [{string.Join(", ", stored)}] in the file, but config.json asks for [{string.Join(", ", shape)}].";
        if (Whole(state, "blocksize") != Nf4Format.BlockSize) return $"4-bit tensor {name} has blocks of {state["blocksize"]?.ToJsonString() ?? "unknown size"}; only {Nf4Format.BlockSize} is read here. Quantize the original model again.";
        var elements = shape.Aggregate(1L, (product, size) => product * size);
        var blocks = Nf4Format.Blocks(elements);
        var nested = weights.Contains(name + NestedAbsmax);
        if (nested && Whole(state, "nested_blocksize") != DoubleQuantization.BlockSize) return $"4-bit tensor {name} has absmax in blocks of {state["nested_blocksize"]?.ToJsonString() ?? "unknown size"}; only {DoubleQuantization.BlockSize} is read here. Quantize the original model again.";
        if (nested && Offset(state) is null) return $"4-bit tensor {name} has no number nested_offset in its description. Copy or make the model again.";
        (string Name, long Bytes)[] sizes = nested
            ? [(name, Nf4Format.PackedBytes(elements)), (name + Absmax, blocks), (name + NestedAbsmax, DoubleQuantization.Blocks(blocks) * 4), (name + NestedMap, 256 * 4)]
            : [(name, Nf4Format.PackedBytes(elements)), (name + Absmax, blocks * 4)];
        var wrong = sizes.FirstOrDefault(size => !weights.Contains(size.Name) || weights[size.Name].Bytes != size.Bytes);
        return wrong.Name is null ? null : $"4-bit tensor {name}: {wrong.Name} should be there with {wrong.Bytes} bytes{(weights.Contains(wrong.Name) ? $", but has {weights[wrong.Name].Bytes}" : ", but is missing")}. Copy or make the model again.";
    }

    /// <summary>Reads a weight that has no <see cref="Problem"/>.</summary>
    public static Nf4Weight Read(ModelWeights weights, string name, IReadOnlyList<long> shape, Nf4Scratch scratch)
    {
        using var scope = NewDisposeScope();
        var state = ReadState(weights, name)!;
        // Some trainers store the bytes of codes under a wider type, which changes nothing.
        var packed = empty([weights[name].Bytes, 1], ScalarType.Byte);
        Stored(weights, name).bytes.CopyTo(packed.bytes);
        Nf4Scales scales = Offset(state) is { } offset && weights.Contains(name + NestedAbsmax)
            ? new Nf4Scales.Nested(
                Stored(weights, name + Absmax).DetachFromDisposeScope(), Floats(weights, name + NestedAbsmax).DetachFromDisposeScope(), [.. Floats(weights, name + NestedMap).data<float>()], offset)
            : new Nf4Scales.Plain(Floats(weights, name + Absmax).DetachFromDisposeScope());
        return new Nf4Weight([.. shape], packed.DetachFromDisposeScope(), scales, scratch);
    }

    /// <summary>Reads a weight that has no <see cref="Problem"/> as numbers, into a tensor of any floating type and device.</summary>
    public static void ReadPlain(ModelWeights weights, string name, Tensor target)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        using var scratch = new Nf4Scratch(ScalarType.Float32);
        using var weight = Read(weights, name, target.shape, scratch);
        target.copy_(weight.Dequantize(ScalarType.Float32));
    }

    /// <summary>The tensors of a weight. Those that are made for it belong to the current dispose scope.</summary>
    public static IEnumerable<NamedTensor> Tensors(string name, Nf4Weight weight)
    {
        yield return new NamedTensor(name, weight.Packed);
        yield return new NamedTensor(name + Map, tensor(Nf4Format.Values.ToArray()));
        var state = new JsonObject
        {
            ["quant_type"] = "nf4",
            ["blocksize"] = Nf4Format.BlockSize,
            ["dtype"] = BitsAndBytesConfig.NameOf(weight.ComputeDtype),
            ["shape"] = new JsonArray([.. weight.Shape.Select(size => JsonValue.Create(size))]),
        };
        if (weight.Scales is Nf4Scales.Nested nested)
        {
            yield return new NamedTensor(name + Absmax, nested.Codes);
            yield return new NamedTensor(name + NestedAbsmax, nested.NestedAbsmax);
            yield return new NamedTensor(name + NestedMap, tensor(nested.Map));
            state["nested_blocksize"] = DoubleQuantization.BlockSize;
            state["nested_dtype"] = "float32";
            // As the original writes it: the float32 number to the precision of float64.
            state["nested_offset"] = JsonNode.Parse(((double)nested.Offset).ToString("R", CultureInfo.InvariantCulture));
        }
        else
        {
            yield return new NamedTensor(name + Absmax, ((Nf4Scales.Plain)weight.Scales).Absmax);
        }

        yield return new NamedTensor(name + State, tensor(Encoding.UTF8.GetBytes(state.ToJsonString())));
    }

    private static JsonObject? ReadState(ModelWeights weights, string name)
    {
        if (weights[name + State].Bytes > LongestState) return null;
        try
        {
            using var bytes = Stored(weights, name + State);
            return JsonInput.Parse(bytes.bytes) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static long? Whole(JsonObject state, string key) => state[key] is JsonValue value && value.TryGetValue<long>(out var number) ? number : null;

    private static float? Offset(JsonObject state) => state["nested_offset"] is JsonValue value && value.TryGetValue<double>(out var number) ? (float)number : null;

    private static Tensor Stored(ModelWeights weights, string name)
    {
        var entry = weights[name];
        var target = empty(entry.Shape, dtype: entry.Type.Torch ?? ScalarType.Byte);
        weights.CopyTo(name, target);
        return target;
    }

    private static Tensor Floats(ModelWeights weights, string name)
    {
        var target = empty(weights[name].Elements, ScalarType.Float32);
        weights.CopyTo(name, target);
        return target;
    }
}
