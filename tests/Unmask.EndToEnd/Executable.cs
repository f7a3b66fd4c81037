using System.Diagnostics;
using System.Text;

namespace Unmask.EndToEnd;

/// <summary>What one run of the program printed and how it ended.</summary>
internal sealed record Outcome(int Code, string Output, string Error)
{
    public string[] ErrorLines => Error.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>The real executable, as built beside these tests.</summary>
internal static class Executable
{
    /// <summary>No program that a test starts runs longer: a test whose program hangs fails.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    /// <summary>Top folder of the repository.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>The built program: src/Unmask.Cli/bin/CONFIGURATION/FRAMEWORK, as this assembly's own folder is named.</summary>
    public static string Path { get; } = System.IO.Path.Combine(
        Repository, "src", "Unmask.Cli", "bin", System.IO.Path.GetRelativePath(System.IO.Path.Combine(Repository, "tests", "Unmask.EndToEnd", "bin"), AppContext.BaseDirectory),
        OperatingSystem.IsWindows() ? "unmask.exe" : "unmask");

    /// <summary>Runs the program to its end.</summary>
    public static Task<Outcome> Run(params string[] arguments) => Run(arguments, folder: null);

    /// <summary>Runs the program to its end in <paramref name="folder"/>, with nothing or <paramref name="input"/> on standard input.</summary>
    public static async Task<Outcome> Run(string[] arguments, string? folder, string input = "", IReadOnlyDictionary<string, string>? environment = null)
    {
        using var process = Start(arguments, folder, environment);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return new Outcome(process.ExitCode, await output, await error);
    }

    /// <summary>Starts the program; the caller reads, waits and disposes. It is killed, with all that it started, when it does not end in time.</summary>
    public static Process Start(string[] arguments, string? folder = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        var process = StartServer(arguments, folder, environment);
        _ = EndInTime(process.Id, string.Join(' ', arguments));
        return process;
    }

    private static async Task EndInTime(int id, string arguments)
    {
        using var patience = new CancellationTokenSource(Patience);
        Process? process = null;
        try
        {
            process = Process.GetProcessById(id);
            await process.WaitForExitAsync(patience.Token);
        }
        catch (ArgumentException)
        {
            // It has ended already.
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync($"unmask {arguments} did not end within {Patience} and is killed.");
            process!.Kill(entireProcessTree: true);
        }
        finally
        {
            process?.Dispose();
        }
    }

    /// <summary>Starts the program to run as long as the caller needs it.</summary>
    public static Process StartServer(string[] arguments, string? folder = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(Path, arguments)
        {
            WorkingDirectory = folder ?? Repository,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    private static string FindRepository()
    {
        var folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder, "Unmask.slnx"))) folder = System.IO.Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("The tests must run from inside the repository.");
    }
}
