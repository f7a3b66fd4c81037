using Unmask.Primitives;

namespace Unmask.Tests.Fuzz;

/// <summary>Something that reads bytes of strangers, for <see cref="FuzzTests"/>. To add one, list it in <see cref="FuzzTargets"/>.</summary>
internal interface IFuzzTarget
{
    /// <summary>Name of the kind of file.</summary>
    string Name { get; }

    /// <summary>Valid inputs, small, that use much of the format.</summary>
    IReadOnlyList<byte[]> Seeds { get; }

    /// <summary>Inputs that are tried where nobody asks for more: some tenths of a second.</summary>
    int Count => 600;

    /// <summary>Words of the format that a mutation may put in anywhere; none for binary formats.</summary>
    IReadOnlyList<string> Words => [];

    /// <summary>Reads the bytes as the program would. It returns, or it throws what <see cref="IsRefusal"/> takes.</summary>
    void Run(byte[] input);

    /// <summary>Whether an exception is the reader's way of refusing an input.</summary>
    bool IsRefusal(Exception error) => error is UserError;
}
