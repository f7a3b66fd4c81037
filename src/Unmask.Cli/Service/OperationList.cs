using Unmask.Cli.Service.Chat;
using Unmask.Cli.Service.Operations;

namespace Unmask.Cli.Service;

/// <summary>Everything the engine can be asked for.</summary>
internal static class OperationList
{
    public static IEnumerable<Operation> All()
    {
        var chat = new ChatModel();
        return [new MachineOperation(), new CheckOperation(), new LoadOperation(chat), new UnloadOperation(chat), new GenerateOperation(chat)];
    }
}
