using System.Runtime.InteropServices;

using Unmask.Engine.Native;

using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Native;

public sealed class ScalarLifetimeTests
{
    [Fact]
    public void Numbers_handed_to_the_engine_live_until_it_has_read_them()
    {
        Assert.Equal(OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64, EngineRuntime.Start().KeepsNumbers);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(4));
        var collector = new Thread(() =>
        {
            while (!stop.IsCancellationRequested) GC.Collect(0);
        });
        collector.Start();
        try
        {
            Parallel.For(0, 24, new ParallelOptions { MaxDegreeOfParallelism = 24 }, _ =>
            {
                while (!stop.IsCancellationRequested)
                {
                    using var scope = NewDisposeScope();
                    Assert.Equal([4f, 4f, 4f], zeros(3).add(1.5).mul(2).add(1).data<float>().ToArray());
                }
            });
        }
        finally
        {
            stop.Cancel();
            collector.Join();
        }
    }
}
