using System.Diagnostics;
using Unmask.Core;
using Unmask.Core.Parameters.Validation;
using Unmask.Core.Protocol;
using Unmask.Core.Protocol.Client;
using Xunit;

namespace Unmask.EndToEnd.Service;

/// <summary>The client with real processes of the engine.</summary>
public sealed class EngineProcessTests
{
    /// <summary>How often a cancellation is aimed at the moment of an answer.</summary>
    private const int Tries = 60;

    private static CancellationToken Patience => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_tells_of_the_machine_and_of_settings()
    {
        using var place = new Workplace();
        await using var engine = Engines.Start(place.Folder);

        var machine = await engine.AskAsync(new MachineRequest(place.Folder), cancellation: Patience);
        Assert.Equal(Environment.ProcessorCount, machine.Cores);
        Assert.Equal("cpu", machine.Devices[0].Id);
        Assert.True(machine.Memory.FreeBytes > 0 && machine.Disk.TotalBytes > machine.Disk.FreeBytes);
        Assert.Contains("libtorch", machine.Versions.Keys);
        Assert.Contains(machine.Findings, finding => finding.Name == "engine");

        var check = await engine.AskAsync(new CheckRequest(RecipeText.OfFields(new Dictionary<string, string> { ["dataset"] = "nowhere.jsonl", ["batch_size"] = "0", ["train_steps"] = "two" }, place.Folder)), cancellation: Patience);
        Assert.Equal(["batch_size", "dataset", "model", "train_steps"], check.Problems.Where(problem => problem.Severity == Severity.Error).Select(problem => problem.Setting).Order());

        var fine = await engine.AskAsync(new CheckRequest(new RecipeText { Yaml = File.ReadAllText(place.Recipe()), Folder = place.Folder }), cancellation: Patience);
        Assert.True(fine.CanStart, string.Join('\n', fine.Problems));
        Assert.Equal("BertForMaskedLM", fine.Architecture);
        Assert.Equal(1, engine.Starts);
    }

    [Fact]
    public async Task A_process_that_is_killed_is_told_with_its_work_and_started_anew()
    {
        await using var engine = Engines.Start();
        await engine.AskAsync(new MachineRequest(), cancellation: Patience);

        var waiting = engine.AskAsync(new MachineRequest(Measure: true), cancellation: Patience);
        Process.GetProcessById(engine.ProcessId!.Value).Kill();

        var death = await Assert.ThrowsAsync<EngineFailure>(() => waiting);
        Assert.Equal(EngineFailureKind.Died, death.Kind);
        Assert.Contains("signal 9", death.Message);
        Assert.Contains("while it worked on machine", death.Message);
        Assert.Equal(death.Message, engine.LastDeath);
        Assert.Null(engine.ProcessId);

        await engine.AskAsync(new MachineRequest(), cancellation: Patience);
        Assert.Equal(2, engine.Starts);
    }

    [Fact]
    public async Task Cancelled_work_that_does_not_stop_ends_the_process_and_what_waits_is_asked_of_the_next()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows cannot stop a process for a while.");
        await using var engine = new EngineProcess(Engines.Program, new EngineProcessOptions { CancelTime = TimeSpan.FromMilliseconds(500), DataMemory = EngineMemory.Limit() });
        await engine.AskAsync(new MachineRequest(), cancellation: Patience);
        using (var stopped = Process.Start("kill", ["-STOP", $"{engine.ProcessId}"])) await stopped.WaitForExitAsync(Patience);

        using var cancel = new CancellationTokenSource();
        var hung = engine.AskAsync(new MachineRequest(), cancellation: cancel.Token);
        var waiting = engine.AskAsync(new MethodsRequest(), cancellation: Patience);
        var writing = engine.AskAsync(new UnloadRequest(), cancellation: Patience);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => hung);
        Assert.NotEmpty((await waiting).Methods);
        Assert.Contains("did not stop", (await Assert.ThrowsAsync<EngineFailure>(() => writing)).Message);
        Assert.Equal(2, engine.Starts);
    }

    [Fact]
    public async Task A_cancellation_that_meets_the_answer_ends_no_process()
    {
        await using var engine = new EngineProcess(Engines.Program, new EngineProcessOptions { CancelTime = TimeSpan.FromSeconds(3), DataMemory = EngineMemory.Limit() });
        await engine.AskAsync(new MethodsRequest(), cancellation: Patience);
        var clock = Stopwatch.StartNew();
        await engine.AskAsync(new MethodsRequest(), cancellation: Patience);
        var usual = clock.Elapsed;

        for (var i = 0; i < Tries; i++)
        {
            using var cancel = new CancellationTokenSource(usual * (0.5 + i / (double)Tries));
            try
            {
                await engine.AskAsync(new MethodsRequest(), cancellation: cancel.Token);
            }
            catch (OperationCanceledException)
            {
                // It was before the answer.
            }
        }

        await Task.Delay(TimeSpan.FromSeconds(3.5), Patience);
        await engine.AskAsync(new MethodsRequest(), cancellation: Patience);
        Assert.Null(engine.LastDeath);
        Assert.Equal(1, engine.Starts);
    }

    [Fact]
    public async Task A_limit_on_its_data_is_not_taken_for_the_memory_of_the_machine()
    {
        using var place = new Workplace();
        await using var engine = new EngineProcess(Engines.Program, new EngineProcessOptions { WorkingDirectory = place.Folder, DataMemory = 256 << 20 });

        var machine = await engine.AskAsync(new MachineRequest(), cancellation: Patience);
        Assert.Equal(MachineMemory.Bytes, machine.Memory.TotalBytes);
        var plan = await engine.AskAsync(new PlanRequest(new RecipeText { Yaml = File.ReadAllText(place.Recipe()), Folder = place.Folder }), cancellation: Patience);
        Assert.Equal(MachineMemory.Bytes, plan.MemoryAvailableBytes);
    }

    [Fact]
    public async Task It_ends_when_nobody_asks_and_starts_again_when_somebody_does()
    {
        await using var engine = new EngineProcess(Engines.Program, new EngineProcessOptions { IdleTime = TimeSpan.FromMilliseconds(50) });
        await engine.AskAsync(new MachineRequest(), cancellation: Patience);
        for (var i = 0; engine.ProcessId is not null && i < 100; i++) await Task.Delay(50, Patience);

        Assert.Null(engine.ProcessId);
        Assert.Null(engine.LastDeath);
        await engine.AskAsync(new MachineRequest(), cancellation: Patience);
        Assert.Equal(2, engine.Starts);
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_told()
    {
        await using var engine = new EngineProcess(new UnmaskProgram("/nowhere/unmask", []));

        var failure = await Assert.ThrowsAsync<EngineFailure>(() => engine.AskAsync(new MachineRequest(), cancellation: Patience));
        Assert.Equal(EngineFailureKind.CannotStart, failure.Kind);
    }

    [Fact]
    public async Task It_ends_with_its_input_and_prints_nothing_but_replies()
    {
        var outcome = await Executable.Run(["engine"], folder: null, input: """{"id":1,"op":"machine"}""" + "\n\nnonsense\n");

        Assert.Equal(0, outcome.Code);
        Assert.All(outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.NotNull(EngineWire.ReadReply(line)));
    }
}
