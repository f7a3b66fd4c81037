using static TorchSharp.torch;

namespace Unmask.Engine.Models.Common;

/// <summary>Activation functions under the names that config.json files use.</summary>
internal static class Activation
{
    private static readonly Dictionary<string, Func<Tensor, Tensor>> ByName = new(StringComparer.Ordinal)
    {
        ["gelu"] = x => nn.functional.gelu(x),
        ["relu"] = x => nn.functional.relu(x),
        ["silu"] = x => nn.functional.silu(x),
        ["swish"] = x => nn.functional.silu(x),
    };

    public static IReadOnlyList<string> Names { get; } = [.. ByName.Keys];

    public static Func<Tensor, Tensor> Of(string name) => ByName[name];
}
