using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Unmask.Core;
using Unmask.Core.Protocol.Client;
using Unmask.Web.Logging;

namespace Unmask.Web.Api;

/// <summary>What an engine tells while it works, as server-sent events: whatever the work sends, then <c>result</c> or <c>error</c>. Who stops reading stops the work.</summary>
internal static class EngineStream
{
    /// <param name="work">Asks the engine; sends events by their name; gives the result.</param>
    /// <param name="context">The request, which is aborted when nobody reads any more.</param>
    /// <param name="stop">Ends it.</param>
    public static async IAsyncEnumerable<SseItem<object>> Of(Func<Action<string, object>, CancellationToken, Task<object>> work, HttpContext context, [EnumeratorCancellation] CancellationToken stop = default)
    {
        var events = Channel.CreateUnbounded<SseItem<object>>();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop, context.RequestAborted);
        var working = Work();
        try
        {
            await foreach (var item in events.Reader.ReadAllAsync(ended.Token)) yield return item;
        }
        finally
        {
            await ended.CancelAsync();
            await working;
        }

        async Task Work()
        {
            void Send(string kind, object news) => events.Writer.TryWrite(new SseItem<object>(news, kind));
            try
            {
                Send("result", await work(Send, ended.Token));
            }
            catch (OperationCanceledException)
            {
                // Nobody reads.
            }
            catch (UserError error)
            {
                Send("error", new { error.Problems });
            }
            catch (Exception fault)
            {
                // The answer has begun: it can be reported only in it.
                var sentence = fault is EngineFailure ? fault.Message : Faults.BugOf(fault);
                var reference = RequestLog.Record(context, fault);
                Send("error", new { Problems = new[] { $"{sentence} The trace is in the log of the workbench, reference {reference}." }, Reference = reference });
            }
            finally
            {
                events.Writer.Complete();
            }
        }
    }
}
