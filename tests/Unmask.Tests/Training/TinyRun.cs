using Unmask.Core.Events;
using Unmask.Core.Parameters;
using Unmask.Core.Runs;
using Unmask.Engine.Runs;

namespace Unmask.Tests.Training;

/// <summary>A run of a few steps over a few rows, in a folder that goes away with the test.</summary>
internal sealed class TinyRun : IDisposable, IEventSink
{
    private readonly TemporaryFolder folder = new();

    public TinyRun()
    {
        var rows = folder.Write("rows.jsonl", string.Concat(Enumerable.Range(0, 24).Select(i => $$"""{"prompt": "say {{i}}", "response": "{{i * 7 % 10}}{{i % 3}}"}""" + "\n")));
        Parameters = new()
        {
            Dataset = rows,
            ModelSize = "tiny",
            ModelConfig = ValueMap.Empty.With("hidden_size", 16L).With("intermediate_size", 32L).With("num_attention_heads", 2L).With("num_hidden_layers", 1L).With("max_position_embeddings", 64L),
            Vocabulary = VocabularyKind.Character,
            MaxLength = 32,
            TrainSteps = 4,
            LearningRate = 1e-3,
            Dtype = TrainDtype.Float32,
            TrainDevice = TrainDevice.Cpu,
            LoggingSteps = 1,
            SampleCount = 0,
        };
    }

    public TrainParameters Parameters { get; init; }

    /// <summary>What was reported, in order.</summary>
    public List<RunEvent> Events { get; } = [];

    /// <summary>Happens with each event, after it was noted.</summary>
    public Action<RunEvent>? OnEvent { get; init; }

    public string this[string name] => folder[name];

    public string RunPath => folder["run"];

    /// <param name="change">What differs from <see cref="Parameters"/>.</param>
    /// <param name="name">Folder of the run.</param>
    /// <param name="stop">Asks it to stop.</param>
    public RunOutcome Train(Func<TrainParameters, TrainParameters>? change = null, string name = "run", CancellationToken stop = default)
    {
        var parameters = change?.Invoke(Parameters) ?? Parameters;
        using var run = RunFolder.Create(parameters, this[name]);
        return TrainingRun.Start(parameters, run, this, stop);
    }

    public RunOutcome Resume(string name)
    {
        using var run = RunFolder.Open(this[name]);
        return TrainingRun.Resume(run, this, CancellationToken.None);
    }

    public void Write(RunEvent happened)
    {
        Events.Add(happened);
        OnEvent?.Invoke(happened);
    }

    public void Dispose() => folder.Dispose();
}
