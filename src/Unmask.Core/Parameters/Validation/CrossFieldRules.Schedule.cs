namespace Unmask.Core.Parameters.Validation;

public static partial class CrossFieldRules
{
    private static IEnumerable<Problem> EpochsOrSteps(TrainParameters p, ValidationFacts _)
    {
        if (p.NumTrainEpochs > 0 && Changed(p, "train_steps"))
            yield return Problem.Warning("train_steps", $"train_steps has no effect because num_train_epochs is {p.NumTrainEpochs}. Set num_train_epochs to 0 to use train_steps.");
    }

    private static IEnumerable<Problem> StepsFit(TrainParameters p, ValidationFacts facts)
    {
        if (p.NumTrainEpochs > 0 && facts.TrainRows is not > 0) yield break;
        StepPlan plan = StepPlan.Create(p, Math.Max(1, facts.TrainRows ?? 1));
        if (plan.SaveSteps > plan.TotalSteps)
            yield return Problem.Warning("save_steps", $"save_steps is {plan.SaveSteps}, but the run has {plan.TotalSteps} steps. Only the last step is saved.");
        if (plan.LoggingSteps > plan.TotalSteps)
            yield return Problem.Warning("logging_steps", $"logging_steps is {plan.LoggingSteps}, but the run has {plan.TotalSteps} steps. No metrics are logged.");
        if (plan.EvalSteps is { } eval && eval > plan.TotalSteps)
            yield return Problem.Warning("eval_steps", $"eval_steps is {eval}, but the run has {plan.TotalSteps} steps. No evaluation takes place.");
        if (plan.EvalSteps is { } every && every <= plan.TotalSteps && plan.SaveSteps <= plan.TotalSteps && plan.SaveSteps % every != 0 && every % plan.SaveSteps != 0)
            yield return Problem.Warning("save_steps", $"save_steps is {plan.SaveSteps} and eval_steps is {every}, so most checkpoints have no evaluation of the same step. Make one a multiple of the other.");
    }

    private static IEnumerable<Problem> EvaluationHasRows(TrainParameters p, ValidationFacts facts)
    {
        if (p.EvalStrategy == EvalStrategy.No) yield break;
        // Too few rows to hold some out are all trained on; the report on the data has a sentence on that.
        if (p.EvalDataset is not null || p.EvalDatasetSplit is not null)
        {
            if (facts.EvalRows == 0)
                yield return Problem.Error(p.EvalDataset is not null ? "eval_dataset" : "eval_dataset_split", "The evaluation data has no usable row. Use other data, or set eval_strategy to no.");
        }
        else if (p.EvalSplit == 0)
        {
            yield return Problem.Error("eval_split", $"eval_strategy is {Word(p.EvalStrategy)}, but eval_split is 0 and no evaluation data is set. Set eval_dataset, raise eval_split, or set eval_strategy to no.");
        }
    }

    private static IEnumerable<Problem> FirstEvaluationIsWanted(TrainParameters p, ValidationFacts _)
    {
        if (p.EvalOnStart && p.EvalStrategy == EvalStrategy.No)
            yield return Problem.Warning("eval_on_start", "eval_on_start has no effect because eval_strategy is no.");
    }

    private static IEnumerable<Problem> FinalEvaluationHasRows(TrainParameters p, ValidationFacts _)
    {
        if (p.FinalEvaluation != FinalEvaluationKind.None && p.FinalEvaluationDataset is null)
            yield return Problem.Error("final_evaluation_dataset", $"final_evaluation is {Word(p.FinalEvaluation)}, but final_evaluation_dataset is not set. Set a file with prompts and responses, or set final_evaluation to none.");
        if (p.FinalEvaluation == FinalEvaluationKind.None && p.FinalEvaluationDataset is not null)
            yield return Problem.Warning("final_evaluation_dataset", "final_evaluation_dataset has no effect because final_evaluation is none.");
    }

    private static IEnumerable<Problem> WarmupFitsSchedule(TrainParameters p, ValidationFacts _)
    {
        bool warmsUp = p.WarmupRatio > 0 || p.WarmupSteps > 0;
        string setting = p.WarmupSteps > 0 ? "warmup_steps" : "warmup_ratio";
        if (p.LearningRateSchedule == LearningRateScheduleKind.Constant && warmsUp)
            yield return Problem.Warning(setting, $"{setting} has no effect with learning_rate_schedule constant. Use constant_with_warmup, or set {setting} to 0.");
        if (p.LearningRateSchedule == LearningRateScheduleKind.ConstantWithWarmup && !warmsUp)
            yield return Problem.Warning("warmup_ratio", "learning_rate_schedule is constant_with_warmup, but warmup_ratio is 0, so there is no warmup.");
        bool all = p.WarmupSteps == 0 ? p.WarmupRatio >= 1 : p.NumTrainEpochs == 0 && p.WarmupSteps >= p.TrainSteps;
        if (p.LearningRateSchedule != LearningRateScheduleKind.Constant && all)
            yield return Problem.Warning(setting, "Warmup covers the whole run, so the learning rate peaks only at the end.");
    }

    private static IEnumerable<Problem> LearningRateIsUsual(TrainParameters p, ValidationFacts _)
    {
        (string what, double low, double high) = p.UsualLearningRate;
        if (p.LearningRate < low || p.LearningRate > high)
        {
            yield return Problem.Warning("learning_rate",
                $"learning_rate is {Setting.Plain(p.LearningRate)}. Typical {what}: {Setting.Plain(low)} to {Setting.Plain(high)}.");
        }
    }

    private static IEnumerable<Problem> AlphaFitsRank(TrainParameters p, ValidationFacts _)
    {
        if (!p.Lora) yield break;
        double ratio = (double)p.LoraAlpha / p.LoraR;
        if (p.LoraAlpha % p.LoraR != 0)
            yield return Problem.Warning("lora_alpha", $"lora_alpha is {p.LoraAlpha}. Use a multiple of lora_r ({p.LoraR}).");
        if (ratio is < 0.5 or > 4)
            yield return Problem.Warning("lora_alpha", $"lora_alpha is {Number(ratio)} times lora_r. Typical: 0.5 to 4 times.");
    }

    private static IEnumerable<Problem> AdaptersNeedAModel(TrainParameters p, ValidationFacts _)
    {
        if (p.Lora && p.IsFreshModel)
            yield return Problem.Error("lora", "lora is true, but model is not set. An adapter needs a trained base model: set model, or set lora to false.");
    }

    private static IEnumerable<Problem> QuantizedNeedsAdapters(TrainParameters p, ValidationFacts _)
    {
        if (p.LoadIn4bit && !p.Lora)
            yield return Problem.Error("load_in_4bit", "load_in_4bit is true, but lora is false. 4-bit weights cannot be trained: set lora to true, or load_in_4bit to false.");
    }

    private static IEnumerable<Problem> CutoffsDoNotMeet(TrainParameters p, ValidationFacts _)
    {
        if (p.Traits.CutsResponses && p.PerbatchCutoff && p.RespCutoffRatio > 0)
            yield return Problem.Warning("resp_cutoff_ratio", $"resp_cutoff_ratio is {Number(p.RespCutoffRatio)} and has no effect because perbatch_cutoff is true. Set perbatch_cutoff to false.");
    }

    private static IEnumerable<Problem> SamplingFits(TrainParameters p, ValidationFacts _)
    {
        if (p.SampleBlockLength > p.SampleMaxNewTokens)
            yield return Problem.Warning("sample_block_length", $"sample_block_length is {p.SampleBlockLength}, more than sample_max_new_tokens ({p.SampleMaxNewTokens}). There is 1 block of {p.SampleMaxNewTokens} tokens.");
    }
}
