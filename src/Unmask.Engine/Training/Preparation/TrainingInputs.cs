using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Validation;
using Unmask.Core.Tracking.Wandb;
using Unmask.Engine.Data.Files.Discovery;
using Unmask.Engine.Data.Preparation;
using Unmask.Engine.Modeling.Adapters;
using Unmask.Engine.Modeling.Adapters.Planning;
using Unmask.Engine.Modeling.Architectures;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Engine.Runtime;
using Unmask.Text.ChatTemplates;
using Unmask.Text.Tokenizers;

namespace Unmask.Engine.Training.Preparation;

/// <summary>A look at everything that the settings of a run name, before anything is made or takes time: is it there, and does it fit together?</summary>
public static class TrainingInputs
{
    /// <summary>Stands for a vocabulary that is not known yet: every model has room for it.</summary>
    private static readonly VocabularyFacts LeastVocabulary = new(1) { Mask = 0 };

    /// <summary>What files, model and machine add to the settings; what is wrong with them is in <see cref="ValidationFacts.Inputs"/>, all at once.</summary>
    /// <param name="parameters">Settings; they may be wrong.</param>
    public static ValidationFacts Facts(TrainParameters parameters)
    {
        var problems = new List<Problem>();
        parameters = HubInputs.Cached(parameters);
        HashSet<string> coming = [];
        foreach (var (setting, value) in HubInputs.OnHub(parameters))
        {
            coming.Add(setting);
            problems.Add(Problem.Warning(setting, $"{setting} is {value}, which is not here: it is downloaded from the Hub when the run starts. Name a folder if one was meant."));
        }

        T? Try<T>(string setting, Func<T> look) where T : class
        {
            if (coming.Contains(setting)) return null;
            try
            {
                return look();
            }
            catch (UserError error)
            {
                problems.AddRange(error.Problems.Select(sentence => Problem.Error(setting, sentence)));
                return null;
            }
        }

        LookAtData(parameters, problems, Try);
        problems.AddRange(WandbEnvironment.Problems(parameters).Select(sentence => Problem.Error("log_to_wandb", sentence)));
        var source = parameters.Model is { } path ? Try("model", () => ModelSource.Open(path)) : null;
        var folder = source?.Base;
        if (folder is not null) problems.AddRange(folder.CheckWeights().Problems.Select(sentence => Problem.Error("model", sentence)));
        var tokenizer = (parameters.Tokenizer ?? source?.FolderWithTokenizer) is { } tokens ? Try(parameters.Tokenizer is null ? "model" : "tokenizer", () => Tokenizer.Load(tokens)) : null;
        if (parameters.ChatTemplate is { } choice && (choice != "tokenizer" || tokenizer is not null)) Try("chat_template", () => ChatTemplate.Choose(choice, tokenizer?.ChatTemplate));

        var fresh = ModelCatalog.All.FirstOrDefault(entry => entry.ModelType.Equals(parameters.ModelArchitecture, StringComparison.OrdinalIgnoreCase));
        var architecture = folder?.Architecture ?? (parameters.IsFreshModel ? fresh : null);
        var vocabulary = tokenizer is null ? LeastVocabulary : VocabularyFacts.Of(tokenizer);
        var config = folder?.Config;
        if (parameters.IsFreshModel && fresh?.Sizes.Any(size => size.Name.Equals(parameters.ModelSize, StringComparison.OrdinalIgnoreCase)) == true)
        {
            config = Try("model_config", () => TrainingSubject.FreshConfig(parameters, fresh, vocabulary));
        }

        if (architecture is not null && config is not null) problems.AddRange(TrainingSubject.Problems(parameters, architecture, config, vocabulary));

        if (source is not null) LookAtAdapter(parameters, source, problems, Try);
        var engine = UnmaskRuntime.Start();
        return new ValidationFacts
        {
            ModelClass = architecture?.ClassName,
            MethodOfModel = architecture?.Method,
            Tokenizer = tokenizer is null ? null : new TokenizerFacts(tokenizer.Special.Pad, tokenizer.Special.Eos),
            Architectures = [.. ModelCatalog.All.Select(entry => entry.ModelType)],
            ModelSizes = fresh is null ? null : [.. fresh.Sizes.Select(size => size.Name)],
            CudaAvailable = engine.CudaAvailable,
            GpuCount = engine.CudaDevices,
            Inputs = problems,
        };
    }

    private static void LookAtAdapter(TrainParameters parameters, ModelSource source, List<Problem> problems, Func<string, Func<object>, object?> look)
    {
        if (TrainingSubject.WholeModelWanted(parameters, source) is { } wanted) problems.Add(Problem.Error("lora", wanted));
        if (source.Adapter is { } adapter)
        {
            look("model", () => adapter.PlanFor(source.Base));
        }
        else if (parameters.Lora)
        {
            problems.AddRange(TargetProblems.Of(parameters, source.Base.Architecture, source.Base.Config));
        }
    }

    private static void LookAtData(TrainParameters parameters, List<Problem> problems, Func<string, Func<object>, object?> look)
    {
        if (!string.IsNullOrWhiteSpace(parameters.Dataset))
        {
            var settings = DataSettings.From(parameters with { InsertEos = false }, endId: null);
            var plan = look("dataset", () => SplitPlan.Of(settings with { Evaluation = false }));
            if (plan is not null && settings.Evaluation) plan = look(parameters.EvalDataset is null ? "eval_dataset_split" : "eval_dataset", () => SplitPlan.Of(settings));
            else if (settings is { Evaluation: true, EvalDataset: { } eval }) look("eval_dataset", () => DatasetFiles.Find(eval));
            if ((plan as SplitPlan)?.LeftOut is { } leftOut) problems.Add(Problem.Warning("dataset", leftOut));
            if (plan is SplitPlan { Train: var train }) problems.AddRange(TrainingRows.Problems(parameters, train));
        }

        if (parameters is { FinalEvaluation: not FinalEvaluationKind.None, FinalEvaluationDataset: { } final }) look("final_evaluation_dataset", () => DatasetFiles.Find(final));
    }
}
