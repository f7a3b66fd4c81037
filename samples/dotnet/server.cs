// dotnet run server.cs -- MODEL, then: curl -N "http://localhost:5000/chat?prompt=Why+is+the+sky+blue"
// Outside of this repository the package lines of chat.cs replace #:project and #:package here, too.
#:sdk Microsoft.NET.Sdk.Web
#:project ../../src/Unmask/Unmask.csproj
#:package libtorch-cpu-linux-x64
#:property PublishAot=false
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Unmask;

var builder = WebApplication.CreateBuilder(args[1..]);
var model = await UnmaskModel.OpenAsync(args[0]);
builder.Services.AddSingleton<IChatClient>(_ => model.AsChatClient());
var app = builder.Build();
app.Lifetime.ApplicationStopped.Register(model.Dispose);

// Text as it settles, as server-sent events. A browser that goes away cancels between two denoising steps.
app.MapGet("/chat", (string prompt, IChatClient chat, CancellationToken stop) => TypedResults.ServerSentEvents(Texts(chat, prompt, stop)));
await app.RunAsync();

static async IAsyncEnumerable<string> Texts(IChatClient chat, string prompt, [EnumeratorCancellation] CancellationToken stop)
{
    await foreach (var update in chat.GetStreamingResponseAsync(prompt, cancellationToken: stop))
    {
        if (update.Text.Length > 0) yield return update.Text;
    }
}
