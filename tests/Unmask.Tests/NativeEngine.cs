using Unmask.Engine.Runtime;
using Unmask.Tests;
using Xunit;

[assembly: AssemblyFixture(typeof(NativeEngine))]

namespace Unmask.Tests;

/// <summary>Starts the native engine as every program does, before any test touches a tensor.</summary>
public sealed class NativeEngine
{
    public NativeEngine() => EngineRuntime.Start();
}
