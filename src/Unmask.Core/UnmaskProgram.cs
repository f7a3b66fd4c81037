using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Unmask.Core;

/// <summary>How this program is started once more, as an engine or a worker beside itself.</summary>
/// <param name="File">The executable.</param>
/// <param name="Arguments">Arguments before those of the command line: with <c>dotnet unmask.dll</c> the executable is dotnet, and the first argument is the assembly.</param>
public sealed record UnmaskProgram(string File, IReadOnlyList<string> Arguments)
{
    /// <summary>Variables that it gets beside those of this process, asked for at each start; null for none. Secrets go this way: arguments can be seen by everybody.</summary>
    public Func<IReadOnlyDictionary<string, string>>? Variables { get; init; }

    /// <summary>Where starts and ends of its processes are logged.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>Adds <see cref="Variables"/> to the environment of a process, and takes out the secrets that it does not need.</summary>
    internal void AddTo(IDictionary<string, string?> environment, SecretNeeds needs = SecretNeeds.None)
    {
        ChildSecrets.Remove(environment, needs);
        if (Variables is null) return;
        foreach (var (name, value) in Variables().Where(variable => ChildSecrets.Allows(variable.Key, needs))) environment[name] = value;
    }

    /// <summary>The program that runs now.</summary>
    /// <exception cref="InvalidOperationException">The system does not tell what runs.</exception>
    public static UnmaskProgram ThisOne()
    {
        var file = Environment.ProcessPath ?? throw new InvalidOperationException("The path of this program is unknown.");
        return Path.GetFileNameWithoutExtension(file).Equals("dotnet", StringComparison.OrdinalIgnoreCase)
            ? new UnmaskProgram(file, [Path.GetFullPath(Environment.GetCommandLineArgs()[0])])
            : new UnmaskProgram(file, []);
    }
}
