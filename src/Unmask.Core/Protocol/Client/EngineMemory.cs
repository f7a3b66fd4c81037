namespace Unmask.Core.Protocol.Client;

/// <summary>How much memory an engine may take for data that it reads, where it shows files of strangers. Tensors lie outside of this.</summary>
public static class EngineMemory
{
    /// <summary>Environment variable with another limit, in MiB.</summary>
    public const string Variable = "UNMASK_ENGINE_MEMORY";

    /// <summary>Environment variable by which .NET takes the limit, in hexadecimal.</summary>
    private const string RuntimeVariable = "DOTNET_GCHeapHardLimit";

    private const long Least = 256L << 20;
    private const long Usual = 4L << 30;

    /// <summary>The limit: what the variable says, else 4 GiB or half of the machine's memory, whichever is less.</summary>
    /// <exception cref="UserError">The variable holds no such number.</exception>
    public static long Limit()
    {
        var given = Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrEmpty(given)) return Math.Max(Least, Math.Min(Usual, MachineMemory.Bytes / 2));
        return long.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var megabytes) && megabytes >= Least >> 20 && megabytes < long.MaxValue >> 20
            ? megabytes << 20
            : throw new UserError($"{Variable} is '{given}'. It must be a number of MiB, {Least >> 20} or more.");
    }

    /// <summary>Limits a process that is about to start. The machine's memory it is told beside that, for .NET takes the one for the other.</summary>
    internal static void AddTo(IDictionary<string, string?> environment, long limit)
    {
        environment[RuntimeVariable] = limit.ToString("X", CultureInfo.InvariantCulture);
        MachineMemory.AddTo(environment);
    }

    /// <summary>What a person can do where it was reached.</summary>
    public static string Sentence(long limit) =>
        $"The engine may use {limit >> 20} MiB for data. Part the file into smaller ones, or set {Variable} to more MiB and start unmask again.";
}
