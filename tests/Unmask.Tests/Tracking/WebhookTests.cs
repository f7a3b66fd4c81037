using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Unmask.Core.Outbound;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Tracking;

public sealed class WebhookTests
{
    [Fact]
    public async Task An_event_arrives_signed_and_in_order_however_often_it_was_refused()
    {
        using var folder = new TemporaryFolder();
        using var receiver = new Receiver();
        await using var outbox = new WebhookOutbox(folder["outbox"], () => WebhookTarget.Of(receiver.Address, "sesame"), TimeSpan.FromMilliseconds(10));
        receiver.Status = HttpStatusCode.ServiceUnavailable;
        outbox.Send("run.started", new { Id = "a" });
        outbox.Send("run.failed", new { Id = "a" });
        await receiver.Wait(2);
        receiver.Status = HttpStatusCode.OK;
        await receiver.WaitFor("run.failed");

        var seen = receiver.Seen;
        Assert.All(seen, one => Assert.Equal("sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes("sesame"), Encoding.UTF8.GetBytes(one.Body))), one.Signature));
        Assert.Equal(["run.started", "run.failed"], seen.Select(one => one.Event).Distinct());
        Assert.Equal(2, seen.Select(one => one.Delivery).Distinct().Count());
        Assert.Equal("a", JsonDocument.Parse(seen[0].Body).RootElement.GetProperty("data").GetProperty("id").GetString());
    }

    [Fact]
    public async Task What_a_closed_workbench_could_not_send_the_next_one_sends()
    {
        using var folder = new TemporaryFolder();
        using var receiver = new Receiver { Status = HttpStatusCode.BadGateway };
        await using (var first = new WebhookOutbox(folder["outbox"], () => WebhookTarget.Of(receiver.Address, null), TimeSpan.FromMinutes(1)))
        {
            first.Send("run.succeeded", new { });
            await receiver.Wait(1);
        }

        receiver.Status = HttpStatusCode.OK;
        await using var second = new WebhookOutbox(folder["outbox"], () => WebhookTarget.Of(receiver.Address, null));
        await receiver.Wait(2);
        Assert.Single(receiver.Seen.Select(one => one.Delivery).Distinct());
        for (var i = 0; i < 100 && Directory.GetFiles(folder["outbox"]).Length > 0; i++) await Task.Delay(20, TestContext.Current.CancellationToken);
        Assert.Empty(Directory.GetFiles(folder["outbox"]));
    }

    [Fact]
    public async Task An_event_that_is_still_being_written_is_left_alone()
    {
        using var folder = new TemporaryFolder();
        using var receiver = new Receiver();
        folder.Write("outbox/.tmp-1-a.json", "{\"event\":\"half");
        await using var outbox = new WebhookOutbox(folder["outbox"], () => WebhookTarget.Of(receiver.Address, null), TimeSpan.FromMinutes(1));
        outbox.Send("ping", new { });
        await receiver.WaitFor("ping");
        Assert.Single(receiver.Seen);
        Assert.True(File.Exists(folder["outbox/.tmp-1-a.json"]));
    }

    [Fact]
    public async Task An_event_that_finds_no_room_is_told_and_stops_nothing()
    {
        using var folder = new TemporaryFolder();
        folder.Write("outbox", "a file where the folder belongs");
        await using var outbox = new WebhookOutbox(folder["outbox"], () => WebhookTarget.Of("http://127.0.0.1:9", null));
        outbox.Send("run.failed", new { });
        Assert.Contains("The event run.failed was not sent", outbox.LastOutcome, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_webhook_nothing_is_kept()
    {
        using var folder = new TemporaryFolder();
        await using var outbox = new WebhookOutbox(folder["outbox"], () => null);
        outbox.Send("run.started", new { });
        Assert.False(Directory.Exists(folder["outbox"]));
        Assert.Contains("begins with https://", Assert.Throws<UserError>(() => WebhookTarget.Of("file:///etc/passwd", null)).Message, StringComparison.Ordinal);
    }

    private sealed class Receiver : IDisposable
    {
        private readonly LoopbackServer server;
        private readonly List<(string Event, string Body, string? Signature, string? Delivery)> seen = [];

        public Receiver() => server = new(Take);

        public string Address => server.Address;

        public HttpStatusCode Status { get; set; } = HttpStatusCode.OK;

        public List<(string Event, string Body, string? Signature, string? Delivery)> Seen
        {
            get
            {
                lock (seen) return [.. seen];
            }
        }

        public Task Wait(int count) => Until(() => Seen.Count >= count);

        public Task WaitFor(string kind) => Until(() => Seen.Any(one => one.Event == kind));

        public void Dispose() => server.Dispose();

        private static async Task Until(Func<bool> isSo)
        {
            for (var i = 0; !isSo(); i++)
            {
                Assert.True(i < 1000, "nothing arrives");
                await Task.Delay(20);
            }
        }

        private void Take(HttpListenerContext call, byte[] content)
        {
            var body = Encoding.UTF8.GetString(content);
            lock (seen) seen.Add((JsonDocument.Parse(body).RootElement.GetProperty("event").GetString()!, body, call.Request.Headers["X-Unmask-Signature"], call.Request.Headers["X-Unmask-Delivery"]));
            call.Response.StatusCode = (int)Status;
        }
    }
}
