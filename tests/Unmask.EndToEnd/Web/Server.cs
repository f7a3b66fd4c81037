using System.Diagnostics;
using System.Net;
using System.Web;
using Unmask.Web.Security;

namespace Unmask.EndToEnd.Web;

/// <summary>The real <c>unmask serve</c> on a free port, with a home folder of its own.</summary>
internal sealed class Server : IAsyncDisposable
{
    private readonly Process process;
    private readonly bool ownsHome;

    private Server(Process process, string home, string entry, bool ownsHome)
    {
        this.process = process;
        this.ownsHome = ownsHome;
        (Home, Entry) = (home, entry);
        var place = new Uri(entry);
        Address = place.GetLeftPart(UriPartial.Authority);
        Token = HttpUtility.ParseQueryString(place.Query)["token"];
        // A redirect takes the header off, and not the cookie.
        var cookies = new CookieContainer();
        if (Token is not null) cookies.Add(new Cookie(AccessToken.CookieName(place.Port), Token, "/", place.Host));
        Client = new HttpClient(new SocketsHttpHandler { CookieContainer = cookies }) { BaseAddress = new Uri(Address) };
    }

    /// <summary>Its home folder.</summary>
    public string Home { get; }

    /// <summary>Where it is reached.</summary>
    public string Address { get; }

    /// <summary>The address that it printed, with the token.</summary>
    public string Entry { get; }

    /// <summary>What it asks for; null for nothing.</summary>
    public string? Token { get; }

    /// <summary>Asks it as a program does.</summary>
    public HttpClient Client { get; }

    /// <summary>Starts it; the folder goes with it unless one is given. <paramref name="prepare"/> may put things into it before; variables stand beside those of this process.</summary>
    public static async Task<Server> Start(string? home = null, Action<string>? prepare = null, IReadOnlyDictionary<string, string>? environment = null, params string[] arguments)
    {
        var folder = home is null ? Directory.CreateTempSubdirectory("unmask-home-").FullName : Directory.CreateDirectory(home).FullName;
        if (prepare is not null)
        {
            // As an earlier start leaves it.
            await File.WriteAllTextAsync(Path.Combine(folder, "server.lock"), "");
            prepare(folder);
        }

        var process = Executable.StartServer(["serve", "--port", "0", "--home", folder, .. arguments], folder, environment);
        var error = process.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var line = await process.StandardOutput.ReadLineAsync(patience.Token) ?? throw new InvalidOperationException($"unmask serve ended at once: {await error}");
        _ = process.StandardOutput.ReadToEndAsync();
        return new Server(process, folder, line[line.IndexOf("http", StringComparison.Ordinal)..].Trim(), ownsHome: home is null);
    }

    /// <summary>Memory that it holds now.</summary>
    public long ResidentBytes
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64;
        }
    }

    /// <summary>Ends it as Ctrl+C does, and gives its exit code.</summary>
    public async Task<int> Interrupt(TimeSpan patience)
    {
        using (var kill = Process.Start("kill", ["-INT", $"{process.Id}"])) await kill.WaitForExitAsync();
        await process.WaitForExitAsync().WaitAsync(patience);
        return process.ExitCode;
    }

    /// <summary>Kills it as kill -9 does.</summary>
    public async Task Kill()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (!process.HasExited) process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
        if (ownsHome) Directory.Delete(Home, recursive: true);
    }
}
