namespace Unmask.Core.Jobs;

/// <summary>What a <see cref="RunBoard"/> needs to know of its surroundings.</summary>
public sealed record BoardOptions
{
    /// <summary>How a worker is started; the run folder is added as the last argument.</summary>
    public WorkerCommand Worker { get; init; } = WorkerCommand.OfThisProgram();

    /// <summary>Numbers of the GPUs that this program can use; none on a machine without, or where it is not known.</summary>
    public IReadOnlyList<int> Gpus { get; init; } = [];
}

/// <summary>A command that starts a worker.</summary>
/// <param name="Program">The executable.</param>
/// <param name="Arguments">Its arguments before the run folder.</param>
public sealed record WorkerCommand(string Program, IReadOnlyList<string> Arguments)
{
    /// <summary>Variables that its environment has beside those of this process.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary><c>unmask worker</c> of the program that runs now, whether started as an executable or by <c>dotnet unmask.dll</c>.</summary>
    public static WorkerCommand OfThisProgram()
    {
        string program = System.Environment.ProcessPath ?? "unmask";
        bool isHost = Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        return new(program, isHost ? [System.Environment.GetCommandLineArgs()[0], "worker"] : ["worker"]);
    }
}
