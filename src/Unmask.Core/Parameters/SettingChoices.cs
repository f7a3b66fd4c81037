namespace Unmask.Core.Parameters;

// The words that a setting with a fixed choice may take: each name here in snake_case.

/// <summary>What a learned vocabulary consists of.</summary>
public enum VocabularyKind { Character, Word, Bytebpe }

/// <summary>Which trainer's recipe is followed.</summary>
public enum TrainingMethod { Bert, Dream, Llada }

/// <summary>Where training runs.</summary>
public enum TrainDevice { Auto, Cpu, Cuda, Tpu }

/// <summary>Number format of weights and activations.</summary>
public enum TrainDtype { Float32, Float16, Bfloat16 }

/// <summary>How the gradients of accumulated batches join.</summary>
public enum AccumulationReduction { Mean, Sum }

/// <summary>How the learning rate changes over the run.</summary>
public enum LearningRateScheduleKind { Constant, Linear, Cosine, ConstantWithWarmup }

/// <summary>What the summed loss is divided by.</summary>
public enum LossNormalization { Token, Sequence, Batch }

/// <summary>Share of visible tokens over time.</summary>
public enum AlphaSchedule { Linear, Cosine }

/// <summary>How the times of a batch are drawn.</summary>
public enum TimeSampling { Independent, Stratified }

/// <summary>How masked positions are drawn.</summary>
public enum MaskSampling { Bernoulli, FixedCount }

/// <summary>File format of a data set.</summary>
public enum DatasetFormat { Auto, Jsonl, Json, Csv, Tsv, Parquet, Arrow, Txt }

/// <summary>What happens to rows that are too long.</summary>
public enum Truncation { Filter, Right }

/// <summary>Which biases are trained beside adapters.</summary>
public enum LoraBias { None, All, LoraOnly }

/// <summary>When to evaluate.</summary>
public enum EvalStrategy { No, Steps, Epoch }

/// <summary>The measure of the finished model.</summary>
public enum FinalEvaluationKind { None, EditDistance, Pronunciation }

/// <summary>Which predicted tokens a denoising step keeps.</summary>
public enum Remasking { LowConfidence, Random }
