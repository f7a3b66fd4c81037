using Unmask.Engine.Objectives.Losses;

namespace Unmask.Engine.Training.Parallel;

/// <summary>What every process tells the others once a step, before gradients are added up.</summary>
public sealed record StepReport
{
    /// <summary>The losses of its parts, each with the part's first row.</summary>
    public required IReadOnlyList<(int FirstRow, LossResult Loss)> Losses { get; init; }

    /// <summary>Bits of the parameters that have got a gradient (<see cref="GradientSums.Touched"/>).</summary>
    public required byte[] Touched { get; init; }

    /// <summary>A gradient cannot be summed.</summary>
    public required bool Overflowed { get; init; }

    /// <summary>It is asked to save and end.</summary>
    public required bool Stopping { get; init; }

    /// <summary>Tokens of its parts.</summary>
    public required long Tokens { get; init; }

    /// <summary>Seconds it has computed in this step.</summary>
    public required double ComputeSeconds { get; init; }

    /// <summary>Seconds of the step before that it waited for others or sent and received.</summary>
    public required double WaitSeconds { get; init; }

    /// <summary>Memory it holds, in bytes.</summary>
    public required long MemoryBytes { get; init; }

    public byte[] Pack()
    {
        using var bytes = new MemoryStream();
        using var to = new BinaryWriter(bytes);
        LossParts.Write(Losses, to);
        to.Write(Touched.Length);
        to.Write(Touched);
        to.Write(Overflowed);
        to.Write(Stopping);
        to.Write(Tokens);
        to.Write(ComputeSeconds);
        to.Write(WaitSeconds);
        to.Write(MemoryBytes);
        to.Flush();
        return bytes.ToArray();
    }

    public static StepReport Unpack(byte[] bytes)
    {
        using var from = new BinaryReader(new MemoryStream(bytes));
        return new StepReport
        {
            Losses = LossParts.Read(from),
            Touched = from.ReadBytes(from.ReadInt32()),
            Overflowed = from.ReadBoolean(),
            Stopping = from.ReadBoolean(),
            Tokens = from.ReadInt64(),
            ComputeSeconds = from.ReadDouble(),
            WaitSeconds = from.ReadDouble(),
            MemoryBytes = from.ReadInt64(),
        };
    }
}
