namespace Unmask.Engine.Modeling.Checkpoints.Safetensors;

/// <summary>One line of a safetensors header.</summary>
/// <param name="Name">Name, once in a file.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Sizes; empty for a scalar.</param>
/// <param name="Begin">First byte, counted from the start of the data.</param>
/// <param name="End">Byte after the last.</param>
public sealed record TensorEntry(string Name, StoredType Type, long[] Shape, long Begin, long End)
{
    public long Bytes => End - Begin;

    /// <summary>Number of elements.</summary>
    public long Elements => Shape.Aggregate(1L, (product, size) => product * size);

    /// <summary>The shape as a reader of messages knows it: <c>[512, 64]</c>.</summary>
    public string ShapeText => $"[{string.Join(", ", Shape)}]";
}
