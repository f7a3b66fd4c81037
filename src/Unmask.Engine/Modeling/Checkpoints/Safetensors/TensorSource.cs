using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Checkpoints.Safetensors;

/// <summary>A tensor that is made when its turn to be written comes, so that a file can be larger than the memory.</summary>
/// <param name="Name">Name in the file.</param>
/// <param name="Dtype">Its type.</param>
/// <param name="Shape">Its sizes.</param>
/// <param name="Make">Gives the tensor, on any device. What it makes is let go of with the dispose scope it is called in.</param>
public sealed record TensorSource(string Name, ScalarType Dtype, IReadOnlyList<long> Shape, Func<Tensor> Make)
{
    public long Elements => Shape.Aggregate(1L, (product, size) => product * size);

    /// <summary>Bytes of the data.</summary>
    public long Bytes => Elements * StoredType.Of(Dtype).Bits / 8;

    /// <summary>A tensor that is there already.</summary>
    public static TensorSource Of(NamedTensor tensor) => new(tensor.Name, tensor.Value.dtype, tensor.Value.shape, () => tensor.Value);
}
