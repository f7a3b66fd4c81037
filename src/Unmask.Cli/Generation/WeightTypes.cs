using System.CommandLine;
using static TorchSharp.torch;

namespace Unmask.Cli.Generation;

/// <summary>Types of weights as options name them.</summary>
internal static class WeightTypes
{
    public static IReadOnlyList<string> Names { get; } = ["float32", "bfloat16", "float16"];

    public static Option<string?> Option(string description) => new Option<string?>("--dtype") { Description = description }.AcceptOnlyFromAmong([.. Names]);

    /// <summary>The type of that name; null when none was given.</summary>
    public static ScalarType? Of(string? name) => name switch { null => null, "bfloat16" => ScalarType.BFloat16, "float16" => ScalarType.Float16, _ => ScalarType.Float32 };
}
