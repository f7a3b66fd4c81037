using System.Diagnostics;
using System.Text.Json;

namespace Unmask.Tests.Text.Differential;

/// <summary>What the original made of a text.</summary>
/// <param name="Ids">Its tokens.</param>
/// <param name="Decoded">The text of these; null where it refuses them.</param>
internal sealed record OracleAnswer(uint[] Ids, string? Decoded);

/// <summary>The original in a process of its own, which is started again when a file has ended it.</summary>
internal sealed class TokenizerOracle : IDisposable
{
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(20);
    private Process? process;

    private static string Program => Path.Combine(
        Fixtures.Root, "tests", "Unmask.TokenizerOracle", "bin", Path.GetRelativePath(Path.Combine(Fixtures.Root, "tests", "Unmask.Tests", "bin"), AppContext.BaseDirectory), "Unmask.TokenizerOracle.dll");

    /// <summary>How often it has ended at a file.</summary>
    public int Deaths { get; private set; }

    /// <summary>What it makes of each text by a tokenizer.json; null where it refuses the file, or ends at it.</summary>
    public IReadOnlyList<OracleAnswer?>? Ask(string path, IReadOnlyList<string> texts)
    {
        process ??= Start();
        try
        {
            process.StandardInput.WriteLine(JsonSerializer.Serialize(new { Path = path, Texts = texts }));
            process.StandardInput.Flush();
            var answer = process.StandardOutput.ReadLineAsync();
            if (answer.Wait(patience) && answer.Result is { } line) return JsonSerializer.Deserialize<OracleAnswer?[]>(line);
        }
        catch (IOException)
        {
            // It ended while it was asked.
        }

        Deaths++;
        Stop();
        return null;
    }

    public void Dispose() => Stop();

    private static Process Start() => Process.Start(new ProcessStartInfo("dotnet", [Program]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;

    private void Stop()
    {
        if (process is null) return;
        if (!process.HasExited) process.Kill(entireProcessTree: true);
        process.Dispose();
        process = null;
    }
}
