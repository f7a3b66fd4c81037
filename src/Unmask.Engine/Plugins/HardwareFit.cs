using Unmask.Core.Parameters;
using Unmask.Core.Protocol;
using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Adapters.Planning;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Engine.Planning;

namespace Unmask.Engine.Plugins;

/// <summary>What a device could train, judged by memory: the estimate of a plan, for small batches.</summary>
/// <param name="device">Where it would train.</param>
internal sealed class HardwareFit(ComputeDevice device)
{
    private const int Rows = 4;
    private const int Tokens = 256;

    /// <summary>Special tokens of a vocabulary that is only counted.</summary>
    private static readonly VocabularyFacts Learned = new(new TrainParameters().VocabSize) { Mask = 0, Pad = 1 };

    private static readonly TrainParameters Whole = new() { BatchSize = Rows, MaxLength = Tokens };

    private static readonly TrainParameters Sparing = Whole with { Lora = true, ActivationCheckpointing = true };

    /// <summary>Ways from the most to the least.</summary>
    private static readonly (TrainableWay Way, TrainParameters Settings)[] Ways =
    [
        (TrainableWay.Whole, Whole), (TrainableWay.Adapter, Sparing), (TrainableWay.AdapterIn4Bit, Sparing with { LoadIn4bit = true }),
    ];

    private bool OnGpu => device.Id != "cpu";

    /// <summary>An architecture with what of it fits.</summary>
    public MethodArchitecture Of(Architecture architecture) => new(
        architecture.ClassName, architecture.ModelType, [.. architecture.Sizes.Select(size => Fresh(architecture, size))], [.. architecture.Published.Select(model => Published(architecture, model))]);

    /// <summary>How well the device is up to models of these architectures.</summary>
    public HardwareVerdict Verdict(IReadOnlyList<MethodArchitecture> architectures)
    {
        var fits = architectures.SelectMany(architecture => architecture.Sizes).Where(size => size.Fits).ToArray();
        var where = OnGpu ? $"{device.Name} ({device.Id})" : "the CPU";
        var memory = device.Memory is { } room ? $"{Format.Bytes(room.TotalBytes)} of memory" : "memory of unknown size";
        if (fits.Length == 0)
        {
            var least = architectures.SelectMany(architecture => architecture.Sizes).Min(size => size.MemoryBytes);
            return new HardwareVerdict(HardwareLevel.Unfit, $"The smallest model needs about {Format.Bytes(least)} of memory for training, and {where} has {memory}.", device.Id);
        }

        var published = architectures.SelectMany(architecture => architecture.Published).DistinctBy(model => model.Parameters).ToArray();
        var largest = fits.MaxBy(size => size.Parameters)!;
        var sentence = $"Trains on {where} with {memory}, from scratch up to {Count(largest.Parameters)} parameters. {string.Join(" ", published.Select(Describe))}";
        var level = OnGpu && published.Any(model => model.Way != TrainableWay.None) ? HardwareLevel.Good : HardwareLevel.SmallModels;
        return new HardwareVerdict(level, OnGpu ? sentence : $"{sentence} Without a GPU, training takes minutes for models of a few million parameters and much longer above.", device.Id);
    }

    private FreshSize Fresh(Architecture architecture, NamedSize size)
    {
        var config = NewModel.Configure(architecture, size.Name, Learned);
        var need = Need(architecture, config, Whole);
        return new FreshSize(size.Name, config.ParameterCount, need, Fits(need));
    }

    private PublishedFit Published(Architecture architecture, PublishedModel model)
    {
        var config = NewModel.Configure(architecture, model.Size, Learned with { Size = model.Vocabulary });
        var needs = Ways.Select(way => (way.Way, Bytes: Need(architecture, config, way.Settings))).ToArray();
        var (most, bytes) = needs.FirstOrDefault(way => Fits(way.Bytes), (TrainableWay.None, needs[^1].Bytes));
        return new PublishedFit(model.Name, model.HubId, config.ParameterCount, most, bytes, model.License);
    }

    private long Need(Architecture architecture, ModelConfig config, TrainParameters settings)
    {
        var adapter = settings.Lora ? AdapterPlan.Of(LoraSettings.Of(settings, baseModel: ""), architecture, config) : null;
        return MemoryNeeds.Of(settings, architecture, config, adapter, new BatchLoad(Rows * Tokens, Rows * Tokens * Tokens, Tokens), OnGpu).Peak;
    }

    private bool Fits(long bytes) => device.Memory is not { } room || bytes <= 0.9 * room.TotalBytes;

    private static string Describe(PublishedFit model) => model.Way switch
    {
        TrainableWay.Whole => $"{model.Name}: full fine-tuning ({Format.Bytes(model.MemoryBytes)}).",
        TrainableWay.Adapter => $"{model.Name}: LoRA ({Format.Bytes(model.MemoryBytes)}).",
        TrainableWay.AdapterIn4Bit => $"{model.Name}: LoRA with a 4-bit base ({Format.Bytes(model.MemoryBytes)}).",
        _ => $"{model.Name}: too large (LoRA with a 4-bit base needs {Format.Bytes(model.MemoryBytes)}).",
    };

    private static string Count(long values) => values >= 1_000_000_000
        ? string.Create(CultureInfo.InvariantCulture, $"{values / 1e9:0.#} billion")
        : string.Create(CultureInfo.InvariantCulture, $"{values / 1e6:0} million");
}
