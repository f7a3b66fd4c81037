using Unmask.Engine.Hosting.Calls;
using Unmask.Engine.Hosting.Chat;
using Unmask.Engine.Hosting.Operations;

namespace Unmask.Engine.Hosting;

/// <summary>Everything the engine can be asked for, and what its operations hold between requests.</summary>
public sealed class OperationList : IDisposable
{
    private readonly ChatModel chat = new();
    private readonly PlanFolder planFolder = new();

    public OperationList() => All =
    [
        new MachineOperation(),
        new MethodsOperation(),
        new SelfTestOperation(),
        new CheckOperation(),
        new PlanOperation(planFolder),
        new RenderOperation(),
        new DataInspectOperation(),
        new DataRowsOperation(),
        new ModelInspectOperation(),
        new ModelMergeOperation(),
        new ModelExportOperation(),
        new ModelImportOperation(),
        new TokenizeOperation(),
        new LoadOperation(chat),
        new UnloadOperation(chat),
        new GenerateOperation(chat),
    ];

    public IReadOnlyList<Operation> All { get; }

    public void Dispose()
    {
        foreach (var operation in All.OfType<IDisposable>()) operation.Dispose();
        planFolder.Dispose();
        chat.Dispose();
    }
}
