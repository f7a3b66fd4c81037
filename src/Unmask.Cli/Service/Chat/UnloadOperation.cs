using Unmask.Core.Service;

namespace Unmask.Cli.Service.Chat;

/// <summary>Gives the memory of the loaded model back.</summary>
internal sealed class UnloadOperation(ChatModel chat) : Operation<UnloadRequest, Nothing>(isHeavy: true)
{
    protected override Nothing Run(UnloadRequest request, Call call)
    {
        chat.Dispose();
        return new Nothing();
    }
}
