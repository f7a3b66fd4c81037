using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Text;
using Unmask.Core.Protocol;
using Unmask.Core.Protocol.Client;
using Unmask.Engine.Hosting;
using Unmask.Engine.Hosting.Calls;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Service;

/// <summary>The service with operations of the test's own, over a pipe.</summary>
public sealed class EngineServiceTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Pipe input = new();
    private readonly ReplyStream replies = new();
    private readonly EngineService service;
    private readonly Task running;

    public EngineServiceTests()
    {
        service = new EngineService([new WaitOperation(isHeavy: false), new HeavyOperation(), new FailOperation()], replies);
        running = service.RunAsync(new StreamReader(input.Reader.AsStream()), TestContext.Current.CancellationToken);
    }

    public sealed record WaitRequest(int Milliseconds = 0) : EngineRequest<Nothing>;

    public sealed record HeavyRequest(int Milliseconds = 0) : EngineRequest<Nothing>;

    public sealed record FailRequest(bool Bug) : EngineRequest<Nothing>;

    [Fact]
    public async Task Light_requests_overtake_one_another()
    {
        await Send("""{"id":1,"op":"wait","args":{"milliseconds":10000}}""", """{"id":2,"op":"wait"}""");

        Assert.Equal(2, (await Next()).Id);
        await Send("""{"cancel":1}""");
        Assert.True((await Next()).Error is { Cancelled: true });
    }

    [Fact]
    public async Task Heavy_requests_wait_for_one_another_and_say_so()
    {
        await Send("""{"id":1,"op":"heavy","args":{"milliseconds":200}}""", """{"id":2,"op":"heavy"}""");

        Assert.Equal((2, "waiting"), await Next() is var told ? (told.Id, told.Progress!.Phase) : default);
        Assert.Equal(1, (await Next()).Id);
        Assert.Equal(2, (await Next()).Id);
    }

    [Fact]
    public async Task A_request_that_waits_can_be_cancelled()
    {
        await Send("""{"id":1,"op":"heavy","args":{"milliseconds":10000}}""", """{"id":2,"op":"heavy","args":{"milliseconds":10000}}""", """{"cancel":2}""", """{"cancel":1}""");

        var ends = new List<EngineReply>();
        while (ends.Count < 2)
        {
            if (await Next() is { Progress: null } end) ends.Add(end);
        }

        Assert.All(ends, end => Assert.True(end.Error!.Cancelled));
    }

    [Fact]
    public async Task Heavy_work_that_waits_is_cancelled_at_once()
    {
        await Send("""{"id":1,"op":"heavy","args":{"milliseconds":15000}}""", """{"id":2,"op":"heavy"}""", """{"cancel":2}""");

        EngineReply reply;
        do reply = await Next();
        while (reply.Progress is not null);
        Assert.True(reply is { Id: 2, Error.Cancelled: true });
        await Send("""{"cancel":1}""");
        Assert.True(await Next() is { Id: 1, Error.Cancelled: true });
    }

    [Fact]
    public async Task What_goes_wrong_is_an_answer_and_the_service_goes_on()
    {
        await Send("nonsense");
        Assert.Contains("not a request: nonsense", (await Next()).Error!.Problems[0]);
        await Send("""{"id":1,"op":"dance"}""");
        Assert.Contains("no operation dance; it has wait, heavy, fail", (await Next()).Error!.Problems[0]);
        await Send("""{"id":2,"op":"fail"}""");
        Assert.Contains("arguments of fail", (await Next()).Error!.Problems[0]);
        await Send("""{"id":3,"op":"fail","args":{"bug":false}}""");
        Assert.True(await Next() is { Id: 3, Error: { Problems: ["one", "two"], Bug: null } });
        await Send("""{"id":4,"op":"fail","args":{"bug":true}}""");
        Assert.True(await Next() is { Id: 4, Error: { Problems: [var sentence], Bug: { } trace } } && sentence.Contains("bug in Unmask") && trace.Contains(nameof(FailOperation)));
        await Send("""{"id":5,"op":"wait"}""");
        Assert.True(await Next() is { Id: 5, Result: not null });
    }

    [Fact]
    public async Task The_end_of_the_input_cancels_what_runs_and_ends_the_service()
    {
        await Send("""{"id":1,"op":"wait","args":{"milliseconds":10000}}""");
        await input.Writer.CompleteAsync();

        await running.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.True((await Next()).Error is { Cancelled: true });
    }

    public async ValueTask DisposeAsync()
    {
        await input.Writer.CompleteAsync();
        await running.WaitAsync(Patience);
        service.Dispose();
    }

    private async Task Send(params string[] lines)
    {
        foreach (var line in lines) await input.Writer.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"), TestContext.Current.CancellationToken);
    }

    private Task<EngineReply> Next() => Task.Run(() => replies.Lines.TryTake(out var line, Patience) ? EngineWire.ReadReply(line)! : throw new TimeoutException("The service sent nothing."));

    private sealed class WaitOperation(bool isHeavy) : Operation<WaitRequest, Nothing>(isHeavy)
    {
        protected override Nothing Run(WaitRequest request, Call call) => Waited(request.Milliseconds, call);
    }

    private sealed class HeavyOperation() : Operation<HeavyRequest, Nothing>(isHeavy: true)
    {
        protected override Nothing Run(HeavyRequest request, Call call) => Waited(request.Milliseconds, call);
    }

    private sealed class FailOperation : Operation<FailRequest, Nothing>
    {
        protected override Nothing Run(FailRequest request, Call call) => throw (request.Bug ? new InvalidOperationException("oh") : new UserError(["one", "two"]));
    }

    private static Nothing Waited(int milliseconds, Call call)
    {
        call.Stop.WaitHandle.WaitOne(milliseconds);
        call.Stop.ThrowIfCancellationRequested();
        return new Nothing();
    }

    /// <summary>Takes what the service writes apart into lines.</summary>
    private sealed class ReplyStream : MemoryStream
    {
        public BlockingCollection<string> Lines { get; } = [];

        public override void Write(byte[] buffer, int offset, int count) => Lines.Add(Encoding.UTF8.GetString(buffer, offset, count));
    }
}
