using Unmask.Core.Protocol;
using Unmask.Engine.Hosting.Calls;

namespace Unmask.Engine.Hosting.Chat;

/// <summary>Gives the memory of the loaded model back.</summary>
internal sealed class UnloadOperation(ChatModel chat) : Operation<UnloadRequest, Nothing>(isHeavy: true)
{
    protected override Nothing Run(UnloadRequest request, Call call)
    {
        chat.Dispose();
        return new Nothing();
    }
}
