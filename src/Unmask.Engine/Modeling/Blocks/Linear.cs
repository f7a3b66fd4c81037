using Unmask.Engine.Modeling.Quantization;
using Unmask.Engine.Modeling.Regularization;
using Unmask.Engine.Tensors;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Blocks;

/// <summary>
/// A weight [out, in] with or without bias, found by its name in a set of parameters, which lists it in turn. Two parts make its product: the base,
/// and a low-rank branch where an adapter hangs one on it.
/// </summary>
public sealed class Linear
{
    private readonly Tensor? weight;
    private readonly Nf4Weight? weightIn4Bits;
    private readonly bool isHead;

    internal Linear(ParameterSet parameters, string path)
    {
        Path = path;
        weightIn4Bits = parameters.Quantized?.ByName.GetValueOrDefault($"{path}.weight");
        weight = weightIn4Bits is null ? parameters[$"{path}.weight"] : null;
        Bias_O = parameters.Find($"{path}.bias");
        parameters.Add(this);
    }

    private Linear(string path, Tensor table_VD, Tensor? bias_V) => (Path, weight, Bias_O, isHead) = (path, table_VD, bias_V, true);

    /// <summary>The module's path in the original, such as <c>model.layers.0.attn.Wqkv</c>: its weight's name without the last part.</summary>
    public string Path { get; }

    /// <summary>What an adapter adds to the product; null for nothing.</summary>
    public LowRankBranch? Branch { get; set; }

    /// <summary>Of an output head, rows that an adapter has in place of some of the table's; null for none.</summary>
    public TokenRows? Rows { get; set; }

    internal Tensor? Bias_O { get; }

    /// <summary>The weight as a plain tensor; null where it is held in 4 bits.</summary>
    internal Tensor? PlainWeight_OI => weight;

    /// <summary>The output head of a model, which gives a logit for each row of a table.</summary>
    /// <param name="parameters">The set, which lists it as its head.</param>
    /// <param name="path">The module's path in the original.</param>
    /// <param name="tableName">Name of the table, which may be that of the embeddings.</param>
    /// <param name="biasName">Name of its bias; null for none.</param>
    internal static Linear Head(ParameterSet parameters, string path, string tableName, string? biasName = null)
    {
        var head = new Linear(path, parameters[tableName], biasName is null ? null : parameters.Find(biasName));
        parameters.Head = head;
        return head;
    }

    /// <summary>[N, in] to [N, out].</summary>
    /// <param name="keys">What the dropout of a branch draws from.</param>
    internal Tensor Apply(Tensor x_NI, DropoutKeys keys)
    {
        var product_NO = Product(x_NI, Bias_O);
        if (Rows is { } rows) product_NO = rows.Replace(product_NO, x_NI, Bias_O);
        return Branch is { } branch ? branch.AddTo(product_NO, x_NI, keys, this) : product_NO;
    }

    internal Tensor ProductWithoutBias(Tensor x_NI) => Product(x_NI, null);

    /// <summary>Lengths [out] of the rows of the weight with s * B A added, as <see cref="WeightMagnitude.RowNorms"/>.</summary>
    internal Tensor RowNorms(Tensor down_RI, Tensor up_OR, double scale)
    {
        if (weight is not null) return WeightMagnitude.RowNorms(weight, down_RI, up_OR, scale);
        using var unpacked_OI = weightIn4Bits!.Dequantize(weightIn4Bits.ComputeDtype);
        return WeightMagnitude.RowNorms(unpacked_OI, down_RI, up_OR, scale);
    }

    private Tensor Product(Tensor x_NI, Tensor? bias_O) => isHead
        ? VocabularyTable.Logits(x_NI, weight!, bias_O)
        : weightIn4Bits?.Product(x_NI, bias_O) ?? Products.Linear(x_NI, weight!, bias_O);
}

/// <summary>Layer normalization over the last dimension, with or without bias.</summary>
internal sealed class LayerNorm(ParameterSet parameters, string name, double epsilon)
{
    private readonly Tensor weight = parameters[$"{name}.weight"];
    private readonly Tensor? bias = parameters.Find($"{name}.bias");

    /// <summary>[N, D] to [N, D].</summary>
    public Tensor Apply(Tensor x) => nn.functional.layer_norm(x, [weight.shape[0]], weight, bias, epsilon);
}
