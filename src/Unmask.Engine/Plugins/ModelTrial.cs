using System.Text.Json.Nodes;
using Unmask.Core.Events;
using Unmask.Core.Parameters;
using Unmask.Engine.Collectives;
using Unmask.Engine.Data.Preparation;
using Unmask.Engine.Generation.Decoding;
using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Engine.Runtime;
using Unmask.Engine.Training;
using Unmask.Engine.Training.Checkpoints;
using Unmask.Engine.Training.Preparation;
using Unmask.Engine.Training.State;

using static TorchSharp.torch;

namespace Unmask.Engine.Plugins;

/// <summary>A very small fresh model of one architecture, taken through everything that training does. A step goes on where the one before it ended.</summary>
/// <param name="method">How it is trained.</param>
/// <param name="architecture">What it is.</param>
/// <param name="folder">For its files.</param>
/// <param name="device">Where; null for the first GPU, or the CPU where there is none.</param>
/// <param name="stop">Ends it between two optimizer steps.</param>
internal sealed class ModelTrial(TrainingMethod method, Architecture architecture, string folder, Device? device, CancellationToken stop) : IDisposable
{
    private const int LearningSteps = 60;
    private const int AdapterSteps = 3;

    /// <summary>The loss must fall to this share of what it was at the start.</summary>
    private const double Learned = 0.95;

    private TrainingSubject? subject;
    private PreparedData? data;
    private ITrainedWeights? weights;

    /// <summary>The steps in their order, each with what it says when it passed.</summary>
    public IEnumerable<(string Title, Func<string> Try)> Steps =>
    [
        ($"{architecture.ClassName}: tokenize rows", Prepare),
        ($"{architecture.ClassName}: finite loss and gradients", () => Train(steps: 1)),
        ($"{architecture.ClassName}: training reduces the loss", Learn),
        ($"{architecture.ClassName}: save and load", SaveAndLoad),
        ($"{architecture.ClassName}: generate", Write),
        ($"{architecture.ClassName}: train an adapter on a 4-bit base", Adapt),
    ];

    private Device Place => device ?? TrainingDevice.Of(new TrainParameters(), UnmaskRuntime.Start().CudaAvailable);

    private string ModelPath => Path.Combine(folder, "model");

    private TrainParameters Parameters => new()
    {
        TrainingMethod = method,
        ModelArchitecture = architecture.ModelType,
        ModelSize = architecture.Sizes[0].Name,
        Vocabulary = VocabularyKind.Character,
        Dataset = Path.Combine(folder, "rows.jsonl"),
        EvalSplit = 0.2,
        MaxLength = 32,
        BatchSize = 16,
        LearningRate = 2e-3,
        TimeSampling = TimeSampling.Stratified,
        NumProc = 1,
        Dtype = NvidiaDevice.ComputesBfloat16(Place) ? TrainDtype.Bfloat16 : TrainDtype.Float16,
        TrainDevice = Place.type == TorchSharp.DeviceType.CPU ? TrainDevice.Cpu : TrainDevice.Cuda,
        GpuIds = Place.type == TorchSharp.DeviceType.CPU ? "auto" : Place.index.ToString(CultureInfo.InvariantCulture),
    };

    public void Dispose()
    {
        weights?.Dispose();
        data?.Dispose();
    }

    private string Prepare()
    {
        Directory.CreateDirectory(folder);
        File.WriteAllLines(Parameters.Dataset!, Rows());
        var tokenizer = Path.Combine(folder, "tokenizer");
        subject = TrainingSubject.Prepare(Parameters, tokenizer);
        data = TrainingRows.Prepare(Parameters, subject, tokenizer, Path.Combine(folder, "data"), new Unheard(), stop);
        weights = subject.LoadWeights(Place, TrainingDevice.Dtype(Parameters), static _ => { });
        return string.Create(CultureInfo.InvariantCulture, $"{data.Train.Count} rows, {subject.Tokenizer.VocabularySize} tokens, {subject.Config.ParameterCount:N0} values");
    }

    private string Train(int steps)
    {
        var last = MakeSteps(Parameters, subject!, weights!, steps);
        return string.Create(CultureInfo.InvariantCulture, $"loss {last.Loss.Loss:F3}, gradient norm {last.GradientNorm:F3}");
    }

    private string Learn()
    {
        var before = Loss();
        Train(LearningSteps);
        var after = Loss();
        var found = string.Create(CultureInfo.InvariantCulture, $"evaluation loss {before:F3} before, {after:F3} after {LearningSteps} steps");
        return after <= Learned * before ? found : throw new InvalidOperationException($"The loss does not fall: {found}.");
    }

    private string SaveAndLoad()
    {
        ModelFolder.Save(ModelPath, partial =>
        {
            weights!.Write(partial);
            subject!.Tokenizer.Save(partial);
        });
        using var loaded = ModelFolder.Open(ModelPath).Load(weights!.Model.Device).Model;
        var others = loaded.Parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Value);
        using var scope = NewDisposeScope();
        // Host sync: the whole model is compared, once.
        var different = weights.Model.Parameters.Where(parameter => !others[parameter.Name].eq(parameter.Value).all().item<bool>()).Select(parameter => parameter.Name).ToArray();
        return different.Length == 0 ? $"{others.Count} tensors are bit-identical" : throw new InvalidOperationException($"These tensors come back changed: {string.Join(", ", different)}.");
    }

    private string Write()
    {
        var tokens = SamplerTokens.Of(subject!.Tokenizer, weights!.Model.VocabularySize);
        var prompt = data!.Train[0].Ids[..data.Train[0].PromptLength];
        var usual = architecture.Sampling;
        var options = new SamplerOptions { MaxNewTokens = 8, Steps = 8, BlockSize = usual.BlockSize, Remasking = usual.Remasking, Temperature = usual.Temperature, TopP = usual.TopP, TopK = usual.TopK, RightShiftLogits = architecture.ShiftsLogits };
        var row = new MdlmSampler(weights.Model, tokens).Sample([prompt], options, null, stop)[0];
        var written = subject.Tokenizer.Decode(row[prompt.Length..], skipSpecialTokens: true);
        return row.Contains(tokens.Mask) ? throw new InvalidOperationException("Masks are left in what it wrote.") : $"8 tokens without a mask: \"{written.Trim()}\"";
    }

    private string Adapt()
    {
        var parameters = Parameters with { Model = ModelPath, ModelSize = null, Lora = true, LoadIn4bit = true };
        var adapted = TrainingSubject.Prepare(parameters, Path.Combine(folder, "tokenizer"));
        using var adapter = adapted.LoadWeights(Place, TrainingDevice.Dtype(parameters), static _ => { });
        var last = MakeSteps(parameters, adapted, adapter, AdapterSteps);
        return string.Create(CultureInfo.InvariantCulture, $"{adapted.Adapter!.Elements:N0} values on {adapted.Adapter.Layers.Count} layers, loss {last.Loss.Loss:F3}");
    }

    private StepResult MakeSteps(TrainParameters parameters, TrainingSubject trained, ITrainedWeights its, int steps)
    {
        using var first = new FirstSteps(parameters, trained, its, data!.Train, parameters.LearningRate);
        StepResult last;
        do last = first.Next(stop).Result;
        while (--steps > 0);
        return last.GradientNorm > 0 ? last : throw new InvalidOperationException("The gradient is zero: nothing would be learned.");
    }

    private double Loss() => new TrainingBuilder(Parameters, subject!).Evaluation(weights!.Model, data!.Eval!, SingleProcess.Instance).Measure(step: 0).EvalLoss;

    /// <summary>Words and the same words spelled backwards: little to learn, and soon seen.</summary>
    private static IEnumerable<string> Rows()
    {
        for (var i = 0; i < 64; i++)
        {
            var word = string.Concat(Enumerable.Range(0, 6).Select(place => "abcd"[(i * (2 * place + 3) + place * i / 7) % 4]));
            yield return new JsonObject { ["prompt"] = word, ["response"] = string.Concat(word.Reverse()) }.ToJsonString();
        }
    }

    private sealed class Unheard : IEventSink
    {
        public void Write(RunEvent happened)
        {
        }
    }
}
