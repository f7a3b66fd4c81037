using Unmask.Cli.Service.Operations;

namespace Unmask.Cli.Service;

/// <summary>Everything the engine can be asked for.</summary>
internal static class OperationList
{
    public static IEnumerable<Operation> All() => [new MachineOperation(), new CheckOperation()];
}
