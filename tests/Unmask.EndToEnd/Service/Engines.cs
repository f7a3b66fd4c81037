using Unmask.Core;
using Unmask.Core.Protocol.Client;

namespace Unmask.EndToEnd.Service;

/// <summary>Engines for tests: the real program.</summary>
internal static class Engines
{
    public static UnmaskProgram Program { get; } = new(Executable.Path, []);

    /// <param name="folder">Where relative paths lead.</param>
    public static EngineProcess Start(string? folder = null) => new(Program, new EngineProcessOptions { WorkingDirectory = folder });
}
