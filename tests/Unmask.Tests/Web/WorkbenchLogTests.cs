using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Unmask.Core;
using Unmask.Core.Protocol;
using Unmask.Core.Protocol.Client;
using Unmask.Core.Workspaces;
using Unmask.Web.Logging;
using Unmask.Web.Security;
using Xunit;

namespace Unmask.Tests.Web;

public sealed class WorkbenchLogTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_log_is_a_few_files_of_bounded_size_and_its_end_is_read_over_them()
    {
        var log = new LogFile(folder["logs"], line => line, mostBytes: 1000, files: 3).Start();
        for (var i = 0; i < 200; i++) log.Add($"line {i:D3} {new string('.', 40)}");
        await log.DisposeAsync();

        var files = Directory.GetFiles(folder["logs"]);
        Assert.Equal(["workbench.1.log", "workbench.2.log", "workbench.log"], files.Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
        Assert.All(files, file => Assert.InRange(new FileInfo(file).Length, 1, 1060));
        var tail = log.Tail(1500).TrimEnd().Split('\n');
        Assert.StartsWith("line 199", tail[^1]);
        Assert.Equal(Enumerable.Range(200 - tail.Length, tail.Length), tail.Select(line => int.Parse(line[5..8])));
        Assert.InRange(tail.Length, 20, 30);
    }

    [Fact]
    public async Task Faults_are_logged_with_their_trace_under_a_reference_and_refusals_only_when_asked_for()
    {
        foreach (var console in (StringWriter?[])[null, new StringWriter()])
        {
            var home = console is null ? "quiet" : "verbose";
            var text = await Logged(home, console, async log =>
            {
                var requests = new RequestLog(log);
                var context = new DefaultHttpContext { Request = { Method = "GET", Path = "/runs/1", QueryString = new("?token=abcdefgh") } };
                await Assert.ThrowsAsync<InvalidOperationException>(() => requests.Follow(context, _ => throw new InvalidOperationException("no such thing")));
                Assert.Matches("^[0-9a-f]{8}$", RequestLog.ReferenceOf(context)!);
                await requests.Follow(new DefaultHttpContext { Request = { Method = "POST", Path = "/api/runs" } }, refused =>
                {
                    refused.Response.StatusCode = 422;
                    return Task.CompletedTask;
                });
                return RequestLog.ReferenceOf(context)!;
            });

            Assert.Contains("error Unmask: GET /runs/1 failed, reference ", text);
            Assert.Contains("System.InvalidOperationException: no such thing", text);
            Assert.Contains("at Unmask.Tests.Web.WorkbenchLogTests", text);
            Assert.DoesNotContain("abcdefgh", text);
            Assert.Equal(console is not null, text.Contains("debug Unmask: POST /api/runs was answered 422", StringComparison.Ordinal));
            if (console is not null) Assert.Equal(text.ReplaceLineEndings(), console.ToString().ReplaceLineEndings());
        }
    }

    [Fact]
    public async Task No_secret_is_in_the_log()
    {
        var text = await Logged("home", null, log =>
        {
            log.Logger.LogError(new InvalidOperationException("with the-kept-secret inside"), "a {Token} and http://x/?token=visitor12345 hf_abcdefghijklmnop", "visitor12345");
            return Task.FromResult("");
        });

        Assert.Contains("with [secret] inside", text);
        foreach (var secret in (string[])["the-kept-secret", "visitor12345", "hf_abcdefghijklmnop"]) Assert.DoesNotContain(secret, text);
    }

    [Fact]
    public async Task An_engine_that_does_not_start_is_logged()
    {
        var text = await Logged("home", null, async log =>
        {
            await using var engine = new EngineProcess(new UnmaskProgram(folder["no such program"], []) { Logger = log.Logger });
            await Assert.ThrowsAsync<EngineFailure>(() => engine.AskAsync(new MachineRequest(), cancellation: TestContext.Current.CancellationToken));
            if (OperatingSystem.IsWindows()) return "";
            await using var shortLived = new EngineProcess(new UnmaskProgram("/bin/sh", ["-c", "exit 3"]) { Logger = log.Logger });
            await Assert.ThrowsAsync<EngineFailure>(() => shortLived.AskAsync(new MachineRequest(), cancellation: TestContext.Current.CancellationToken));
            return "";
        });

        Assert.Contains("Win32Exception", text);
        if (!OperatingSystem.IsWindows()) Assert.Matches("Engine process [0-9]+ was started[^~]*Engine process [0-9]+ ended with exit code 3 after", text);
    }

    private async Task<string> Logged(string home, TextWriter? console, Func<WorkbenchLog, Task<string>> work)
    {
        var workspace = Workspace.Open(folder[home]);
        var secrets = SecretStore.Of(workspace);
        secrets.Set(SecretStore.HuggingFace, "the-kept-secret");
        var log = new WorkbenchLog(workspace.LogsPath, secrets, "visitor12345", console);
        Assert.NotNull(await work(log));
        await log.DisposeAsync();
        return File.ReadAllText(log.File.Path);
    }
}
