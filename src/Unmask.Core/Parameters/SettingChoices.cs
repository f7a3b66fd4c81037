namespace Unmask.Core.Parameters;

/// <summary>A choice that is read, so that the error can say why it cannot be had, but that forms, help and schema do not offer.</summary>
[AttributeUsage(AttributeTargets.Field)]
public sealed class NotOfferedAttribute : Attribute;

// The words that a setting with a fixed choice may take: each name here in snake_case.

/// <summary>What a learned vocabulary consists of.</summary>
public enum VocabularyKind { Character, Word, Bytebpe }

/// <summary>Which trainer's recipe is followed.</summary>
public enum TrainingMethod { Bert, Dream, Llada }

/// <summary>Where training runs.</summary>
public enum TrainDevice
{
    Auto,
    Cpu,
    Cuda,

    /// <summary>Known from imported templates; not offered, since LibTorch for .NET does not have it.</summary>
    [NotOffered]
    Tpu,
}

/// <summary>Number format of weights and activations.</summary>
public enum TrainDtype { Float32, Float16, Bfloat16 }

/// <summary>How the gradients of accumulated batches join.</summary>
public enum AccumulationReduction { Mean, Sum }

/// <summary>Whose tokens the loss is divided by.</summary>
public enum LossNormScope { Global, Process }

/// <summary>How the learning rate changes over the run.</summary>
public enum LearningRateScheduleKind { Constant, Linear, Cosine, ConstantWithWarmup }

/// <summary>What the summed loss is divided by.</summary>
public enum LossNorm
{
    /// <summary>The number of maskable tokens.</summary>
    Token,

    /// <summary>Each row by its own maskable tokens, then the number of rows.</summary>
    Sequence,

    /// <summary>The number of rows.</summary>
    Batch,
}

/// <summary>Share of visible tokens over time.</summary>
public enum AlphaSchedule { Linear, Cosine }

/// <summary>How the times of different rows relate.</summary>
public enum TimeSampling
{
    /// <summary>Each row draws its own, as in the recipe of the original.</summary>
    Independent,

    /// <summary>Rows that follow each other in an epoch cover [0, 1) evenly.</summary>
    Stratified,
}

/// <summary>How the masked positions of a row are drawn.</summary>
public enum MaskSampling
{
    /// <summary>Each token by itself with probability 1 - alpha(t), as in the recipe of the original.</summary>
    Bernoulli,

    /// <summary>A count first, then so many positions; same expectation, bounded weights, about half the variance.</summary>
    FixedCount,
}

/// <summary>File format of a dataset.</summary>
public enum DatasetFormat { Auto, Jsonl, Json, Csv, Tsv, Parquet, Arrow, Txt }

/// <summary>What happens to rows that are too long.</summary>
public enum Truncation { Filter, Right }

/// <summary>Which biases are trained beside adapters.</summary>
public enum LoraBias { None, All, LoraOnly }

/// <summary>When to evaluate.</summary>
public enum EvalStrategy { No, Steps, Epoch }

/// <summary>The measure of the finished model.</summary>
public enum FinalEvaluationKind { None, EditDistance, Pronunciation }

/// <summary>Which of the predicted tokens a denoising step keeps; the others stay masked.</summary>
public enum Remasking
{
    /// <summary>Those the model is surest of.</summary>
    LowConfidence,

    /// <summary>Any, drawn uniformly.</summary>
    Random,

    /// <summary>Those whose token is most probable after temperature and filters (Dream).</summary>
    MaskgitPlus,

    /// <summary>Those whose most probable token is furthest ahead of the second (Dream).</summary>
    TopkMargin,

    /// <summary>Those whose distribution has the least entropy (Dream's default).</summary>
    Entropy,

    /// <summary>Each by itself with the probability that the noise schedule gives, so that a step may reveal more or fewer (Dream).</summary>
    Origin,
}
