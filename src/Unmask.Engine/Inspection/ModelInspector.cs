using System.Text.Json.Nodes;
using Unmask.Core.Models;
using Unmask.Core.Runs;
using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Adapters;
using Unmask.Engine.Modeling.Adapters.Targets;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Text.Tokenizers;
using Unmask.Text.Tokenizers.Files;

namespace Unmask.Engine.Inspection;

/// <summary>Looks into folders of models and adapters without loading a weight: what they hold, and what is wrong with them.</summary>
public static class ModelInspector
{
    /// <summary>Looks into a folder. What is wrong with it is in the answer.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="verifyBase">Of an adapter, also hash its model's weights.</param>
    public static ModelInspection Look(string path, bool verifyBase = false)
    {
        if (!Directory.Exists(path)) return new ModelInspection(path, InspectedKind.Nothing) { Problems = [$"The folder {path} does not exist; name one with a model or an adapter in it."] };
        var seen = AdapterFolder.IsAt(path) ? Adapter(path, verifyBase)
            : File.Exists(Path.Combine(path, ConfigReader.FileName)) ? Model(path)
            : new ModelInspection(path, InspectedKind.Nothing) { Problems = [Neither(path)] };
        var problems = new List<string>(seen.Problems);
        return seen with { Lineage = Lineage.Read(path), Files = Try(() => FilesIn(path), problems) ?? [], Problems = problems };
    }

    /// <summary>The files of a folder; of links that lead nowhere the name alone.</summary>
    private static ModelFile[] FilesIn(string path)
    {
        try
        {
            var names = Directory.EnumerateFiles(path).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal).Concat(ChatTemplateFiles.FurtherFiles(path));
            return [.. names.Select(name => new ModelFile(name, new FileInfo(Path.Combine(path, name)) is { Exists: true } file ? file.Length : 0))];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UserError($"The folder {path} cannot be listed: {error.Message.TrimEnd('.')}. Make it readable.");
        }
    }

    private static ModelInspection Model(string path)
    {
        var seen = new ModelInspection(path, InspectedKind.Model) { Architecture = ClassNamed(path) };
        var problems = new List<string>();
        if (Try(() => ModelFolder.Open(path), problems) is not { } folder) return seen with { Problems = problems };
        var tokenizer = Try(() => Tokenizer.Load(path), problems);
        if (tokenizer is not null) problems.AddRange(ModelChecks.Problems(folder, VocabularyFacts.Of(tokenizer)));
        var weights = folder.CheckWeights();
        var config = folder.Config;
        return seen with
        {
            Problems = [.. problems, .. weights.Problems],
            Warnings = weights.Warnings,
            Architecture = folder.Architecture.ClassName,
            Method = folder.Architecture.Method,
            Shape = new ModelShape(
                config.ParameterCount, config.Layers, config.Width, config.Heads, config.VocabularySize, config.ContextLength, config.TiesEmbeddings,
                folder.StoredDtype.ToString().ToLowerInvariant(), folder.IsIn4Bit),
            Tokenizer = tokenizer is null ? null : Summary(tokenizer),
        };
    }

    private static ModelInspection Adapter(string path, bool verifyBase)
    {
        var seen = new ModelInspection(path, InspectedKind.Adapter);
        var problems = new List<string>();
        if (Try(() => AdapterFolder.Open(path), problems) is not { } folder) return seen with { Problems = problems };
        var settings = folder.Settings;
        var trainedOn = Try(() => BaseIdentity.Read(path), problems);
        var adapter = new AdapterSummary(
            settings.Rank, settings.Alpha, settings.RankStabilized,
            settings.Targets.Modules is { } modules ? modules.Pattern ?? string.Join(", ", modules.Names) : TargetModules.AllLinear, settings.BaseModel)
        {
            BaseSha256 = trainedOn?.Sha256,
        };
        seen = seen with { Architecture = settings.BaseClass, Adapter = adapter, Tokenizer = File.Exists(Path.Combine(path, "tokenizer.json")) && Try(() => Tokenizer.Load(path), problems) is { } own ? Summary(own) : null };
        // A model beside it may be named when it is used.
        if (settings.BaseModel.Length == 0) return seen with { Problems = problems, Warnings = [$"{path} does not say which model it belongs to; name the model wherever it is used."] };
        if (Try(folder.OpenBase, problems) is not { } model) return seen with { Problems = problems };
        seen = seen with { Architecture = model.Architecture.ClassName, Method = model.Architecture.Method };
        var plan = Try(() => folder.PlanFor(model), problems);
        var matches = verifyBase && trainedOn is not null && Try(model.WeightsSha256, problems) is { } present ? present == trainedOn.Sha256 : (bool?)null;
        if (matches == false) problems.Add($"The weights in {model.Path} are not those that {path} was trained on. Put them back, or name the folder that has them.");
        return seen with { Problems = problems, Warnings = plan?.Warnings ?? [], Adapter = adapter with { BasePath = Path.GetFullPath(model.Path), Layers = plan?.Layers.Count, Parameters = plan?.Elements, BaseMatches = matches } };
    }

    private static TokenizerSummary Summary(Tokenizer tokenizer)
    {
        SpecialToken? Of(int? id) => id is { } known ? new SpecialToken(known, tokenizer.TokenOf(known) ?? "") : null;
        return new TokenizerSummary(tokenizer.VocabularySize, Of(tokenizer.Special.Mask), Of(tokenizer.Special.Eos), Of(tokenizer.Special.Pad), tokenizer.ChatTemplate);
    }

    /// <summary>The class that config.json names, supported or not.</summary>
    private static string? ClassNamed(string path)
    {
        var json = Try(() => ModelFolder.ReadJson(Path.Combine(path, ConfigReader.FileName)), []);
        return json?["architectures"] is JsonArray { Count: > 0 } names ? names[0]?.ToString() : json?["model_type"]?.ToString();
    }

    private static string Neither(string path)
    {
        var inside = Directory.EnumerateDirectories(path).Where(inner => File.Exists(Path.Combine(inner, ConfigReader.FileName)) || AdapterFolder.IsAt(inner)).Select(Path.GetFileName).Order(StringComparer.Ordinal).Take(5).ToArray();
        var others = new[] { "*.gguf", "*.bin", "*.pt", "*.pth", "*.onnx" }.SelectMany(pattern => Directory.EnumerateFiles(path, pattern)).Select(Path.GetFileName).Take(3).ToArray();
        return $"{path} holds no model: it has neither {ConfigReader.FileName} nor {AdapterFolder.ConfigFile}. "
            + (inside.Length > 0 ? $"There is one in {string.Join(", ", inside)} below it."
                : others.Length > 0 ? $"It has {string.Join(", ", others)}, a form that is not read: save the model as safetensors with its {ConfigReader.FileName}."
                : $"Name a folder with {ConfigReader.FileName}, a tokenizer and safetensors.");
    }

    private static T? Try<T>(Func<T?> look, List<string> problems) where T : class
    {
        try
        {
            return look();
        }
        catch (UserError error)
        {
            problems.AddRange(error.Problems);
            return null;
        }
    }
}
