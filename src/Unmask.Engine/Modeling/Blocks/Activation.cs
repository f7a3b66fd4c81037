using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Blocks;

/// <summary>
/// Activation functions under the names that config.json files use: the table ACT2FN of transformers, without the functions that have parameters of their own,
/// and ELU. A name that stands for a sequence of operations there is that sequence here.
/// </summary>
internal static class Activation
{
    private static readonly double RootOfTwo = Math.Sqrt(2);
    private static readonly double RootOfTwoOverPi = Math.Sqrt(2 / Math.PI);

    private static readonly Dictionary<string, Func<Tensor, Tensor>> ByName = new(StringComparer.Ordinal)
    {
        ["gelu"] = x => nn.functional.gelu(x),
        ["gelu_10"] = x => nn.functional.gelu(x).clamp(-10, 10),
        ["gelu_accurate"] = KeepingInput(GeluByTanh),
        ["gelu_fast"] = KeepingInput(x => 0.5 * x * (1 + (x * 0.7978845608 * (1 + 0.044715 * x * x)).tanh())),
        ["gelu_new"] = KeepingInput(GeluByTanh),
        ["gelu_python"] = KeepingInput(x => x * 0.5 * (1 + (x / RootOfTwo).erf())),
        ["gelu_python_tanh"] = KeepingInput(GeluByTanh),
        ["gelu_pytorch_tanh"] = KeepingInput(InFloat32(GeluByTanh)),
        ["hardswish"] = x => nn.functional.hardswish(x),
        ["laplace"] = KeepingInput(x => 0.5 * (1 + ((x - 0.707107) / (0.282095 * RootOfTwo)).erf())),
        ["leaky_relu"] = x => nn.functional.leaky_relu(x, 0.01),
        ["linear"] = x => x,
        ["mish"] = KeepingInput(InFloat32(x => x * nn.functional.softplus(x).tanh())),
        ["quick_gelu"] = KeepingInput(x => x * (1.702 * x).sigmoid()),
        ["relu"] = x => nn.functional.relu(x),
        ["relu2"] = x => nn.functional.relu(x).square(),
        ["relu6"] = x => nn.functional.relu6(x),
        ["elu"] = x => nn.functional.elu(x, 1),
        ["sigmoid"] = x => x.sigmoid(),
        ["silu"] = x => nn.functional.silu(x),
        ["sqrtsoftplus"] = x => nn.functional.softplus(x).sqrt(),
        ["swish"] = x => nn.functional.silu(x),
        ["tanh"] = x => x.tanh(),
    };

    /// <summary>Names of that table whose functions are trained along with the model.</summary>
    public static IReadOnlyList<string> Trained { get; } = ["prelu", "xielu"];

    /// <summary>Known names, by alphabet.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. ByName.Keys.Order(StringComparer.Ordinal)];

    public static Func<Tensor, Tensor> Of(string name) => ByName[name];

    private static Tensor GeluByTanh(Tensor x) => 0.5 * x * (1 + (RootOfTwoOverPi * (x + 0.044715 * x.pow(3))).tanh());

    /// <summary>Autograd would keep every step of a sequence of operations; only the input is kept, as plans of memory count it, and the steps are computed again.</summary>
    private static Func<Tensor, Tensor> KeepingInput(Func<Tensor, Tensor> function) =>
        x => x.requires_grad && is_grad_enabled() ? ActivationCheckpoint.Run(x, function) : function(x);

    /// <summary>What is one operation in the original rounds once, not after every step.</summary>
    private static Func<Tensor, Tensor> InFloat32(Func<Tensor, Tensor> function) =>
        x => x.dtype is ScalarType.BFloat16 or ScalarType.Float16 ? function(x.to(ScalarType.Float32)).to(x.dtype) : function(x);
}
