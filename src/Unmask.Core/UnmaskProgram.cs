namespace Unmask.Core;

/// <summary>How this program is started once more, as an engine or a worker beside itself.</summary>
/// <param name="File">The executable.</param>
/// <param name="Arguments">Arguments before those of the command line: with <c>dotnet unmask.dll</c> the executable is dotnet, and the first argument is the assembly.</param>
public sealed record UnmaskProgram(string File, IReadOnlyList<string> Arguments)
{
    /// <summary>The program that runs now.</summary>
    /// <exception cref="InvalidOperationException">The system does not tell what runs.</exception>
    public static UnmaskProgram ThisOne()
    {
        var file = Environment.ProcessPath ?? throw new InvalidOperationException("The system does not tell the path of this program.");
        return Path.GetFileNameWithoutExtension(file).Equals("dotnet", StringComparison.OrdinalIgnoreCase)
            ? new UnmaskProgram(file, [Path.GetFullPath(Environment.GetCommandLineArgs()[0])])
            : new UnmaskProgram(file, []);
    }
}
