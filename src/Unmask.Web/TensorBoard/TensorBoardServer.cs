using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Unmask.Core;
using Unmask.Core.Workspaces;

namespace Unmask.Web.TensorBoard;

/// <summary>A TensorBoard over all runs, on this machine only, where the person has it installed. It ends with the workbench.</summary>
public sealed class TensorBoardServer(Workspace workspace) : IDisposable
{
    private readonly Lock gate = new();
    private Process? process;
    private string address = "";

    /// <summary>Where it is; null while it does not run.</summary>
    public string? Address
    {
        get
        {
            lock (gate) return process is { HasExited: false } ? address : null;
        }
    }

    /// <summary>The program; null where it is not installed.</summary>
    public static string? Program { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, OperatingSystem.IsWindows() ? "tensorboard.exe" : "tensorboard")).FirstOrDefault(File.Exists);

    /// <summary>Starts it unless it runs.</summary>
    /// <exception cref="UserError">It is not installed or does not start.</exception>
    public void Start()
    {
        if (Program is null) throw new UserError("TensorBoard is not installed, or not on the PATH of the workbench. Install TensorBoard (pip install tensorboard), or copy the tensorboard folder of a run to a machine that has it.");
        lock (gate)
        {
            if (process is { HasExited: false }) return;
            using (var probe = new TcpListener(IPAddress.Loopback, 0))
            {
                probe.Start();
                address = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}";
            }

            var start = new ProcessStartInfo(Program, ["--logdir", workspace.RunsPath, "--host", "127.0.0.1", "--port", new Uri(address).Port.ToString(System.Globalization.CultureInfo.InvariantCulture)]) { UseShellExecute = false };
            ChildSecrets.Remove(start.Environment);
            try
            {
                process = Process.Start(start) ?? throw new Win32Exception();
            }
            catch (Win32Exception failure)
            {
                throw new UserError($"{Program} does not start: {failure.Message.TrimEnd('.')}. Install TensorBoard again (pip install tensorboard).");
            }
        }
    }

    /// <summary>Ends it.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (process is { HasExited: false }) process.Kill(entireProcessTree: true);
            process?.Dispose();
        }
    }
}
