using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Checkpoints;

/// <summary>Types of weights as options and requests name them.</summary>
public static class WeightTypes
{
    public static IReadOnlyList<string> Names { get; } = ["float32", "bfloat16", "float16"];

    /// <summary>The type of that name; null when none was given.</summary>
    public static ScalarType? Of(string? name) => name switch { null => null, "bfloat16" => ScalarType.BFloat16, "float16" => ScalarType.Float16, _ => ScalarType.Float32 };
}
