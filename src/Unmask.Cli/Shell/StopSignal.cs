using System.Runtime.InteropServices;

namespace Unmask.Cli.Shell;

/// <summary>
/// Ctrl+C and SIGTERM. The first asks for a clean stop through <see cref="Token"/>, the second ends the process at once.
/// Where nothing listens to the token, the first ends it too.
/// </summary>
public sealed partial class StopSignal : IDisposable
{
    private const string ShowCursor = "\e[?25h";

    private readonly CancellationTokenSource source = new();
    private readonly List<PosixSignalRegistration> registrations = [];
    private readonly bool canStopCleanly;
    private int received;

    /// <param name="canStopCleanly">Whether the running command listens to <see cref="Token"/>.</param>
    public StopSignal(bool canStopCleanly)
    {
        this.canStopCleanly = canStopCleanly;
        Listen(PosixSignal.SIGINT, 2);
        Listen(PosixSignal.SIGTERM, 15);
        if (!OperatingSystem.IsWindows()) Listen(PosixSignal.SIGHUP, 1);
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => source.Token;

    /// <summary>Number of the first signal received, or null.</summary>
    public int? Received => received == 0 ? null : received;

    public void Dispose()
    {
        foreach (var registration in registrations) registration.Dispose();
        source.Dispose();
    }

    private void Listen(PosixSignal signal, int number) =>
        registrations.Add(PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            var first = Interlocked.CompareExchange(ref received, number, 0) == 0;
            if (!first || !canStopCleanly) EndNow(ExitCode.OfSignal(number));

            source.Cancel();
        }));

    /// <summary>Ends the process at once, whatever its threads do.</summary>
    public static void EndNow(int code)
    {
        // A rank has a terminal of mpirun's making, which is read into a log.
        if (!Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not "dumb") Screen.Raw(Console.Out).Write(ShowCursor);
        // exit() would run the destructors of native libraries while their threads still compute.
        if (OperatingSystem.IsWindows()) Environment.Exit(code);
        else ExitWithoutCleanup(code);
    }

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void ExitWithoutCleanup(int code);
}
