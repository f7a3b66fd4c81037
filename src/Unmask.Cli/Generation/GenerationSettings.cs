using System.CommandLine;
using Unmask.Cli.Views;
using Unmask.Core.Parameters;
using Unmask.Core.Service;
using Unmask.Engine.Generation;
using Unmask.Engine.Generation.Decoding;
using Unmask.Engine.Modeling.Adapters;

namespace Unmask.Cli.Generation;

/// <summary>The options of the commands that generate text.</summary>
internal sealed class GenerationSettings
{
    private static readonly List<string?> remaskings = [.. ParameterCatalog.Find("sample_remasking")!.Choices];

    public Option<string> Model { get; } = new("--model")
    {
        Description = "Model folder: config.json, safetensors and the tokenizer's files; or the folder of an adapter, which says where its model lies; or owner/name of one of the Hugging Face Hub.",
        Required = true,
        HelpName = "DIR",
    };

    public Option<bool> LoadIn4bit { get; } = new("--load-in-4bit") { Description = "Hold the model's linear layers in 4 bits: a quarter of the memory, a little less exact." };

    public Option<string?> Adapter { get; } = new("--adapter", "--adaptor")
    {
        Description = "Folder of an adapter (or owner/name on the Hub) to put on the model: adapter_config.json and adapter_model.safetensors, as peft writes them.",
        HelpName = "DIR",
    };

    public Option<int?> MaxNewTokens { get; } = new("--max-new-tokens")
    {
        Description = "Masks put behind the prompt: the longest answer. [default: as the model's folder says, else 128 or as many as it has room for]",
    };

    public Option<int?> Steps { get; } = new("--steps")
    {
        Description = "Denoising steps; fewer are faster, and rougher. [default: as the model's folder says, else one for each token]",
    };

    public Option<int?> BlockSize { get; } = new("--block-size")
    {
        Description = "Tokens denoised together, block by block from the left. [default: as the model's folder says, else 32, for Dream all of them; with --infill the whole text]",
    };

    public Option<double?> Temperature { get; } = new("--temperature")
    {
        Description = "0 takes the most probable token; higher is more varied. [default: as the model's folder says, else 0, for Dream 0.2]",
    };

    public Option<double?> TopP { get; } = new("--top-p")
    {
        Description = "Draw only from the most probable tokens that together hold this share. [default: 1, for Dream 0.95]",
    };

    public Option<int?> TopK { get; } = new("--top-k")
    {
        Description = "Draw only from so many of the most probable tokens. [default: all, for Dream 50]",
    };

    public Option<string?> Remasking { get; } = new Option<string?>("--remasking", "--alg")
    {
        Description = "Which predictions a step keeps: the surest by some measure, or any (random, origin). [default: as the model's folder says, else low_confidence, for Dream entropy]",
    }.AcceptOnlyFromAmong([.. remaskings!]);

    public Option<double> AlgTemp { get; } = new("--alg-temp")
    {
        Description = "Above 0 the predictions to keep are drawn, surer ones with higher probability, instead of taking the surest.",
        DefaultValueFactory = _ => 0,
    };

    public Option<double> CfgScale { get; } = new("--cfg-scale")
    {
        Description = "Classifier-free guidance: how much more than usual the prompt counts. 0 is off, above it each step costs two.",
        DefaultValueFactory = _ => 0,
    };

    public Option<long> Seed { get; } = new("--seed")
    {
        Description = "Names the random numbers; the same seed gives the same text.",
        DefaultValueFactory = _ => 0,
    };

    public IEnumerable<Option> All => [Model, Adapter, LoadIn4bit, MaxNewTokens, Steps, BlockSize, Temperature, TopP, TopK, Remasking, AlgTemp, CfgScale, Seed];

    /// <summary>The model and the adapter that are named, brought from the Hub where they are of it.</summary>
    /// <exception cref="Unmask.Primitives.UserError">They are neither here nor to be had.</exception>
    public ModelSource Source(ParseResult parse, CancellationToken stop)
    {
        var folders = DownloadLine.Folders(parse.InvocationConfiguration.Error, stop);
        return ModelSource.Open(folders.Model(parse.GetValue(Model)!), parse.GetValue(Adapter) is { } adapter ? folders.Model(adapter) : null);
    }

    /// <summary>The sampler's options for continuing prompts of at most <paramref name="promptTokens"/> tokens.</summary>
    public SamplerOptions Read(ParseResult parse, TextDiffusionPipeline model, int promptTokens) => model.Options(Choices(parse), promptTokens);

    /// <summary>The sampler's options for filling <paramref name="masks"/> masks.</summary>
    public SamplerOptions ReadForInfill(ParseResult parse, TextDiffusionPipeline model, int masks) => model.OptionsForInfill(Choices(parse), masks);

    private SamplerChoices Choices(ParseResult parse) => new()
    {
        MaxNewTokens = parse.GetValue(MaxNewTokens),
        Steps = parse.GetValue(Steps),
        BlockSize = parse.GetValue(BlockSize),
        Temperature = parse.GetValue(Temperature),
        TopP = parse.GetValue(TopP),
        TopK = parse.GetValue(TopK),
        Remasking = parse.GetValue(Remasking) is { } way ? Enum.GetValues<Remasking>()[remaskings.IndexOf(way)] : null,
        AlgTemp = parse.GetValue(AlgTemp),
        CfgScale = parse.GetValue(CfgScale),
        Seed = parse.GetValue(Seed),
    };
}
