using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Unmask.Tests;

/// <summary>A server on a free port of loopback that answers one call after another. A client that goes away in the middle ends nothing.</summary>
internal sealed class LoopbackServer : IDisposable
{
    private readonly HttpListener listener = new();
    private readonly Action<HttpListenerContext, byte[]> answer;

    /// <param name="answer">Gets a call and its body, and answers; the answer is sent when it returns.</param>
    public LoopbackServer(Action<HttpListenerContext, byte[]> answer)
    {
        this.answer = answer;
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        Address = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}";
        probe.Stop();
        listener.Prefixes.Add(Address + "/");
        listener.Start();
        _ = Serve();
    }

    /// <summary>Where it is reached, without a slash at the end.</summary>
    public string Address { get; }

    public void Dispose() => listener.Close();

    /// <summary>Writes text as the body of an answer.</summary>
    public static void Write(HttpListenerContext call, string text) => call.Response.OutputStream.Write(Encoding.UTF8.GetBytes(text));

    private async Task Serve()
    {
        while (listener.IsListening)
        {
            try
            {
                var call = await listener.GetContextAsync();
                using var body = new MemoryStream();
                await call.Request.InputStream.CopyToAsync(body);
                answer(call, body.ToArray());
                call.Response.Close();
            }
            catch (Exception gone) when (gone is HttpListenerException or ObjectDisposedException or IOException or InvalidOperationException)
            {
                // The client went away, or the server is closed.
            }
        }
    }
}
