using System.Security.Cryptography;
using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Validation;
using Unmask.Core.Runs;
using Unmask.Core.Storage;
using Unmask.Engine.Data;
using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Adapters;
using Unmask.Engine.Modeling.Adapters.Planning;
using Unmask.Engine.Modeling.Architectures;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Engine.Objectives.Losses;
using Unmask.Engine.Training.Checkpoints;
using Unmask.Text.ChatTemplates;
using Unmask.Text.Tokenizers;

using static TorchSharp.torch;

namespace Unmask.Engine.Training.Preparation;

/// <summary>
/// What a run trains: architecture and configuration, tokenizer, template. Found or made before anything expensive starts; the weights come later.
/// </summary>
public sealed class TrainingSubject
{
    private readonly TrainParameters _parameters;
    private readonly ModelSource? _source;
    private AdapterPlan? adapter;

    private TrainingSubject(TrainParameters parameters, ModelSource? source, Architecture architecture, ModelConfig config, Tokenizer tokenizer, ChatTemplate template)
    {
        _parameters = parameters;
        _source = source;
        Architecture = architecture;
        Config = config;
        Tokenizer = tokenizer;
        Template = template;
        Conversations = new ConversationEncoder(new ConversationTokens(tokenizer, template), parameters.MaskPromptLoss);
    }

    public Architecture Architecture { get; }

    public ModelConfig Config { get; }

    public Tokenizer Tokenizer { get; }

    public ChatTemplate Template { get; }

    /// <summary>Turns messages into token ids by <see cref="Template"/>.</summary>
    public ConversationEncoder Conversations { get; }

    /// <summary>Finds model and tokenizer, or makes configuration and vocabulary of a fresh model.</summary>
    /// <param name="parameters">The run's settings.</param>
    /// <param name="tokenizerFolder">Where the run keeps its tokenizer: read when it is there, written when not, so that a resumed run has the same.</param>
    /// <param name="stop">Ends the learning of a vocabulary.</param>
    /// <exception cref="UserError">Something is missing, wrong, or does not fit together.</exception>
    public static TrainingSubject Prepare(TrainParameters parameters, string tokenizerFolder, CancellationToken stop = default)
    {
        var source = parameters.Model is { } path ? ModelSource.Open(path) : null;
        if (source is not null && WholeModelWanted(parameters, source) is { } wanted) throw new UserError(wanted);
        var architecture = source?.Base.Architecture ?? ModelCatalog.Named(parameters.ModelArchitecture);
        var tokenizer = FindTokenizer(parameters, source, architecture, tokenizerFolder, stop);
        var config = source?.Base.Config ?? FreshConfig(parameters, architecture, VocabularyFacts.Of(tokenizer));
        var template = ChatTemplate.Choose(TemplateChoice(parameters, tokenizer, architecture), tokenizer.ChatTemplate);
        return new TrainingSubject(parameters, source, architecture, config, tokenizer, template);
    }

    /// <summary>The adapter that is trained, laid out on the model; null where all weights are. One that <c>model</c> names keeps its own layout.</summary>
    /// <exception cref="UserError">It fits no layer of the model, or belongs to another.</exception>
    public AdapterPlan? Adapter => adapter ??= _parameters.Lora ? PlanAdapter() : null;

    /// <summary>What is trained further; null for fresh weights. Its weights are hashed when this is first asked for.</summary>
    public LineageBase? Origin
    {
        get
        {
            if (_source is not { Base: var source, Adapter: var given }) return null;
            var earlier = Lineage.Read(given?.Path ?? source.Path);
            var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(source.Path));
            return new LineageBase(Lineage.Read(source.Path)?.Name ?? Path.GetFileName(path), path, source.WeightsSha256(), given is null ? null : Path.GetFullPath(given.Path), earlier?.Run);
        }
    }

    /// <summary>The weights: read, or drawn where they are fresh.</summary>
    /// <param name="device">Where to.</param>
    /// <param name="dtype">Type of the model; an adapter is float32.</param>
    /// <param name="warn">Told what loading had to say.</param>
    public ITrainedWeights LoadWeights(Device device, ScalarType dtype, Action<string> warn)
    {
        if (Adapter is not { } plan)
        {
            var loaded = _source?.Base.Load(device, dtype, _parameters.LoadIn4bit) ?? new LoadedModel(NewModel.Initialize(Config, (ulong)_parameters.Seed, device, dtype), []);
            foreach (var warning in loaded.Warnings) warn(warning);
            return new WholeModel(loaded.Model, Config);
        }

        var source = _source!.Base;
        var in4Bit = _parameters.LoadIn4bit || source.IsIn4Bit;
        var tensors = _source.Adapter?.Load(source, device).With(plan) ?? LoraAdapter.Fresh(plan, (ulong)_parameters.Seed, device, in4Bit ? ScalarType.Float32 : dtype);
        try
        {
            var adapted = ModelSource.Load(source, tensors, device, dtype, _parameters.LoadIn4bit, passed: null, staysAsItIs: false);
            foreach (var warning in adapted.Warnings) warn(warning);
            return new AdapterOnBase(adapted, source, new BaseIdentity(Path.GetFullPath(source.Path), source.WeightsSha256()), _parameters.FuseAdapter);
        }
        catch
        {
            tensors.Dispose();
            throw;
        }
    }

    /// <summary>Settings that were given and have no effect, because <c>model</c> is an adapter, which keeps its own.</summary>
    private IEnumerable<Problem> Overruled()
    {
        if (_source?.Adapter is not { Settings: var own, Path: var path }) yield break;
        var usual = new TrainParameters();
        Problem Of(string name, string held) => Problem.Warning(name, $"{name} has no effect because model is the adapter {path}, which keeps its own {held}.");
        if (_parameters.LoraR != usual.LoraR && _parameters.LoraR != own.Rank) yield return Of("lora_r", $"rank, {own.Rank}");
        if (_parameters.LoraAlpha != usual.LoraAlpha && _parameters.LoraAlpha != own.Alpha) yield return Of("lora_alpha", string.Create(CultureInfo.InvariantCulture, $"alpha, {own.Alpha}"));
        if (_parameters.UseRslora && !own.RankStabilized) yield return Of("use_rslora", "scale, alpha over the rank");
        if (_parameters.UseDora && !own.Dora) yield return Of("use_dora", "form, plain LoRA");
        if (_parameters.Bias != usual.Bias && _parameters.Bias != own.Bias) yield return Of("bias", "biases");
        if (!_parameters.TargetModules.Equals(usual.TargetModules)) yield return Of("target_modules", "targets");
        if (_parameters.ExcludeModules.Count > 0) yield return Of("exclude_modules", "targets");
        if (_parameters.LayersToTransform.Count > 0) yield return Of("layers_to_transform", "targets");
        if (_parameters.LayersPattern.Count > 0) yield return Of("layers_pattern", "targets");
        if (_parameters.ModulesToSave.Count > 0) yield return Of("modules_to_save", "modules");
        if (_parameters.TrainableTokenIndices.Count > 0) yield return Of("trainable_token_indices", "tokens");
    }

    private AdapterPlan PlanAdapter()
    {
        var source = _source ?? throw new UserError("lora is true, but there is no model to put an adapter on; set model to its folder.");
        var path = Path.GetFullPath(source.Base.Path);
        return source.Adapter is { } own
            ? own.PlanFor(source.Base) with { Settings = own.Settings with { Dropout = _parameters.LoraDropout, BaseModel = path } }
            : AdapterPlan.Of(LoraSettings.Of(_parameters, path), Architecture, Config);
    }

    /// <summary>Changes whenever rows would be tokenized differently.</summary>
    public string EncodingFingerprint(string tokenizerFolder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Directory.EnumerateFiles(tokenizerFolder).Order(StringComparer.Ordinal)) hash.AppendData(File.ReadAllBytes(file));
        var p = _parameters;
        string?[] rest = [Template.Source, p.PromptColumn, p.ResponseColumn, p.SystemColumn, p.MessagesColumn, p.TextColumn, p.LabelColumn, string.Join('\n', p.RoleMapping.Select(pair => $"{pair.Key}: {pair.Value}")), p.InputTemplate, p.OutputTemplate, p.InstructionTemplate, p.MaskPromptLoss.ToString()];
        foreach (var text in rest) hash.AppendData(System.Text.Encoding.UTF8.GetBytes(text + "\0"));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The configuration of a fresh model with that vocabulary.</summary>
    internal static ModelConfig FreshConfig(TrainParameters parameters, Architecture architecture, VocabularyFacts vocabulary) => NewModel.Configure(
        architecture, parameters.ModelSize!, vocabulary, parameters.ModelConfig.ToDictionary(pair => pair.Key, pair => Convert.ToString(pair.Value, CultureInfo.InvariantCulture) ?? "null"));

    /// <summary>What model and tokenizer add to the settings.</summary>
    internal ValidationFacts Facts() => new()
    {
        ModelClass = Architecture.ClassName,
        MethodOfModel = Architecture.Method,
        Tokenizer = new TokenizerFacts(Tokenizer.Special.Pad, Tokenizer.Special.Eos),
        Inputs = [.. Problems(_parameters, Architecture, Config, VocabularyFacts.Of(Tokenizer)), .. Overruled()],
    };

    /// <summary>Why model, vocabulary and settings do not fit together.</summary>
    internal static IEnumerable<Problem> Problems(TrainParameters parameters, Architecture architecture, ModelConfig config, VocabularyFacts vocabulary) =>
        ModelChecks.Problems(parameters.Model ?? "the new model", architecture, config, vocabulary, parameters.MaxLength).Select(sentence => Problem.Error(null, sentence));

    /// <summary>Why what <c>model</c> names cannot be the start of a run that trains all weights; null where it can, or they are not trained.</summary>
    internal static string? WholeModelWanted(TrainParameters parameters, ModelSource source) => parameters.Lora ? null
        : source.Base.IsIn4Bit ? $"model is {source.Base.Path}, which is stored in 4-bit, but lora is false. 4-bit weights cannot be trained: set lora to true, or create an unquantized copy with `unmask model export --quantization none`."
        : source.Adapter is { } given ? $"model is {given.Path}, an adapter, but lora is false; set lora to true to train it further, or make one model of both with `unmask model merge` to train all weights."
        : null;

    private static string TemplateChoice(TrainParameters parameters, Tokenizer tokenizer, Architecture architecture)
    {
        if (parameters.ChatTemplate is { } chosen) return chosen;
        if (tokenizer.ChatTemplate is { } own)
        {
            return architecture.ReplacedTemplateTag is { } tag && own.Contains(tag, StringComparison.Ordinal) ? architecture.ChatTemplate : "tokenizer";
        }

        // A vocabulary learned from the data alone has no words for the family's tags.
        return parameters.IsFreshModel && parameters.Tokenizer is null ? "plain" : architecture.ChatTemplate;
    }

    private static Tokenizer FindTokenizer(TrainParameters parameters, ModelSource? model, Architecture architecture, string tokenizerFolder, CancellationToken stop)
    {
        if (Directory.Exists(tokenizerFolder)) return Tokenizer.Load(tokenizerFolder);
        var source = parameters.Tokenizer ?? model?.FolderWithTokenizer;
        var tokenizer = source is not null ? Tokenizer.Load(source) : TrainingVocabulary.Learn(parameters, stop);
        var template = ChatTemplate.Choose(TemplateChoice(parameters, tokenizer, architecture), tokenizer.ChatTemplate);
        using (var draft = FolderDraft.Begin(tokenizerFolder))
        {
            tokenizer.WithChatTemplate(template.Source).Save(draft.Path);
            draft.Complete();
        }

        return Tokenizer.Load(tokenizerFolder);
    }

    /// <summary>What an objective needs to know of the model and its tokenizer.</summary>
    public ObjectiveContext ObjectiveContext(TrainParameters parameters) => new(parameters, Tokenizer.Special, Architecture.ShiftsLogits);
}
