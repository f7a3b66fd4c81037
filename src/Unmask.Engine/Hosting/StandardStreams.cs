using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Unmask.Engine.Hosting;

/// <summary>Standard input and output for a protocol alone: whatever else the program or a native library prints goes to standard error.</summary>
public sealed partial class StandardStreams : IDisposable
{
    private const int OutputNumber = 1;
    private const int ErrorNumber = 2;

    private StandardStreams(TextReader input, Stream output)
    {
        Input = input;
        Output = output;
    }

    public TextReader Input { get; }

    public Stream Output { get; }

    /// <summary>Takes both away from everybody else.</summary>
    public static StandardStreams Claim()
    {
        var output = OperatingSystem.IsWindows() ? Console.OpenStandardOutput() : MoveOutput();
        Console.SetOut(Console.Error);
        return new StandardStreams(new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)), output);
    }

    public void Dispose()
    {
        Input.Dispose();
        Output.Dispose();
    }

    /// <summary>Gives standard output another number, so that what native code prints under the usual one is no reply.</summary>
    private static FileStream MoveOutput()
    {
        var moved = Duplicate(OutputNumber);
        if (moved < 0 || DuplicateTo(ErrorNumber, OutputNumber) < 0) throw new IOException($"Standard output cannot be set aside for replies (error {Marshal.GetLastPInvokeError()}).");
        return new FileStream(new SafeFileHandle(moved, ownsHandle: true), FileAccess.Write, bufferSize: 0);
    }

    [LibraryImport("libc", EntryPoint = "dup", SetLastError = true)]
    private static partial int Duplicate(int number);

    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    private static partial int DuplicateTo(int number, int target);
}
