using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Unmask.Core.Service;
using Unmask.Primitives;

namespace Unmask.Web.Api;

/// <summary>What an engine tells while it works, as server-sent events: whatever the work sends, then <c>result</c> or <c>error</c>. Who stops reading stops the work.</summary>
internal static class EngineStream
{
    /// <param name="work">Asks the engine; sends events by their name; gives the result.</param>
    /// <param name="stop">Cancelled when nobody reads any more.</param>
    public static async IAsyncEnumerable<SseItem<object>> Of(Func<Action<string, object>, CancellationToken, Task<object>> work, [EnumeratorCancellation] CancellationToken stop)
    {
        var events = Channel.CreateUnbounded<SseItem<object>>();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var working = Work();
        try
        {
            await foreach (var item in events.Reader.ReadAllAsync(stop)) yield return item;
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
            catch (EngineFailure failure)
            {
                Send("error", new { Problems = new[] { failure.Message }, Bug = failure.Trace });
            }
            catch (Exception bug)
            {
                // The answer has begun: it can be told only in it.
                Send("error", new { Problems = new[] { $"Internal error (a bug in Unmask): {bug.GetType().Name}: {bug.Message}" }, Bug = bug.ToString() });
            }
            finally
            {
                events.Writer.Complete();
            }
        }
    }
}
