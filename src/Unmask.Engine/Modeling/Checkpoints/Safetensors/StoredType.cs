using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Checkpoints.Safetensors;

/// <summary>An element type as safetensors files name it.</summary>
/// <param name="Name">Name in the header, such as <c>BF16</c>.</param>
/// <param name="Bits">Size of one element.</param>
/// <param name="Torch">The same type in Torch, or null where the engine has none (the file may hold it, it cannot be read).</param>
public sealed record StoredType(string Name, int Bits, ScalarType? Torch)
{
    private static readonly StoredType[] All =
    [
        new("F64", 64, ScalarType.Float64),
        new("F32", 32, ScalarType.Float32),
        new("F16", 16, ScalarType.Float16),
        new("BF16", 16, ScalarType.BFloat16),
        new("I64", 64, ScalarType.Int64),
        new("I32", 32, ScalarType.Int32),
        new("I16", 16, ScalarType.Int16),
        new("I8", 8, ScalarType.Int8),
        new("U8", 8, ScalarType.Byte),
        new("BOOL", 8, ScalarType.Bool),
        new("C64", 64, ScalarType.ComplexFloat32),
        new("U64", 64, null),
        new("U32", 32, null),
        new("U16", 16, null),
        new("F8_E5M2", 8, null),
        new("F8_E4M3", 8, null),
        new("F8_E8M0", 8, null),
        new("F6_E2M3", 6, null),
        new("F6_E3M2", 6, null),
        new("F4", 4, null),
    ];

    /// <summary>Names of every type of the format, for messages.</summary>
    public static string Names { get; } = string.Join(", ", All.Select(type => type.Name));

    /// <summary>The type called <paramref name="name"/>, or null.</summary>
    public static StoredType? Find(string name) => Array.Find(All, type => type.Name == name);

    /// <summary>The type that stores tensors of <paramref name="type"/>.</summary>
    /// <exception cref="NotSupportedException">The format has no such type.</exception>
    public static StoredType Of(ScalarType type) =>
        Array.Find(All, stored => stored.Torch == type) ?? throw new NotSupportedException($"safetensors has no element type for {type}.");
}
