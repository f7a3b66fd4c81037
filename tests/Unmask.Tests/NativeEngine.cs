using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Unmask.Engine.Runtime;
using Unmask.Tests;
using Xunit;

[assembly: AssemblyFixture(typeof(NativeEngine))]

namespace Unmask.Tests;

/// <summary>Starts the native engine as the program does, before any test touches a tensor.</summary>
public sealed class NativeEngine
{
    public NativeEngine() => UnmaskRuntime.Start();

    /// <summary>Rows of theories are made before the first fixture.</summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "A test assembly has no start of its own.")]
    internal static void Configure() => UnmaskRuntime.Configure(RuntimeOptions.Fast);
}
