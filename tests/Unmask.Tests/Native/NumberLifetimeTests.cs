using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using TorchSharp;
using Unmask.Engine.Runtime;
using Xunit;
using static TorchSharp.torch;

namespace Unmask.Tests.Native;

/// <summary>Numbers handed to LibTorch live until the call is over (docs/adr/0006). Collects garbage all the time, so nothing else runs meanwhile.</summary>
[CollectionDefinition(nameof(NumberLifetimeTests), DisableParallelization = true)]
[Collection(nameof(NumberLifetimeTests))]
public sealed class NumberLifetimeTests
{
    [Fact]
    public void TorchSharp_holds_its_arguments_until_a_call_returns() =>
        Assert.True(typeof(torch).Assembly.GetCustomAttribute<DebuggableAttribute>()!.IsJITOptimizerDisabled);

    [Fact]
    public async Task A_number_is_not_freed_while_the_call_reads_it()
    {
        UnmaskRuntime.Start();
        using var done = new CancellationTokenSource();
        var collector = Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
            {
                GC.Collect(0, GCCollectionMode.Forced, blocking: true);
                GC.WaitForPendingFinalizers();
            }
        });
        var wrong = 0;
        for (var i = 0; i < 15_000; i++)
        {
            using var scope = NewDisposeScope();
            var x = ones(8);
            try
            {
                if ((x + x * 3.0).sum().item<float>() != 32) wrong++;
            }
            catch (ExternalException)
            {
                wrong++;
            }
        }

        await done.CancelAsync();
        await collector;
        Assert.Equal(0, wrong);
    }
}
