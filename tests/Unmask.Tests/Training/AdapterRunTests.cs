using Unmask.Core.Events;
using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Validation;
using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Adapters;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Engine.Modeling.Sequences;
using Unmask.Engine.Training.Preparation;
using Unmask.Primitives;
using Unmask.Tests.Models;
using Unmask.Text.Tokenizers;
using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Training;

/// <summary>Runs that train an adapter: what they write, how they go on.</summary>
public sealed class AdapterRunTests : IDisposable
{
    private readonly TinyRun _run = new();

    public AdapterRunTests() => _run.Train(name: "base");

    private string Base => _run["base/outputs"];

    public void Dispose() => _run.Dispose();

    private TrainParameters Lora(TrainParameters parameters) => parameters with
    {
        Model = Base,
        ModelSize = null,
        ModelConfig = ValueMap.Empty,
        Vocabulary = VocabularyKind.Bytebpe,
        Lora = true,
        LoraR = 4,
        LoraAlpha = 8,
        TrainSteps = 6,
        SaveSteps = 3,
        LearningRate = 1e-2,
    };

    [Fact]
    public void A_run_writes_the_adapter_and_a_fused_model_and_its_checkpoints_hold_the_adapter_alone()
    {
        var before = File.ReadAllBytes(Path.Combine(Base, "model.safetensors"));
        Assert.Equal(RunOutcome.Done, _run.Train(Lora, "lora"));
        Assert.Equal("outputs/fused", _run.Events.OfType<RunFinished>().Last().Model);
        Assert.Equal(["adaptor", "fused"], Directory.GetDirectories(_run["lora/outputs"]).Select(Path.GetFileName).Order());
        Assert.Empty(Directory.GetFiles(_run["lora/outputs"]));
        string[] expected = [AdapterFolder.ConfigFile, AdapterFolder.WeightsFile, "generation_config.json", BaseIdentity.FileName, "tokenizer.json", "tokenizer_config.json"];
        Assert.Superset(expected.ToHashSet(), Directory.GetFiles(_run["lora/outputs/adaptor"]).Select(file => Path.GetFileName(file)).ToHashSet());
        Assert.False(File.Exists(_run["lora/outputs/adaptor/model.safetensors"]));
        Assert.True(File.Exists(_run["lora/outputs/fused/generation_config.json"]));
        Assert.Equal(Tokenizer.Load(Base).VocabularySize, Tokenizer.Load(_run["lora/outputs/fused"]).VocabularySize);
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(Base, "model.safetensors")));

        var checkpoint = Directory.GetDirectories(_run["lora/checkpoints"]).Order().Last();
        Assert.False(File.Exists(Path.Combine(checkpoint, "model.safetensors")));
        Assert.True(AdapterFolder.IsAt(checkpoint));
        Assert.Equal(File.ReadAllBytes(_run["lora/outputs/adaptor/adapter_model.safetensors"]), File.ReadAllBytes(Path.Combine(checkpoint, AdapterFolder.WeightsFile)));

        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var adapted = ModelSource.Open(_run["lora/outputs/adaptor"]).Load();
        using var fused = ModelFolder.Open(_run["lora/outputs/fused"]).Load().Model;
        using var plain = ModelFolder.Open(Base).Load().Model;
        var (with, merged, without) = (Logits(adapted.Model), Logits(fused), Logits(plain));
        Assert.InRange(FixtureTensors.LargestDifference(with, merged), 0, 1e-4);
        Assert.True(FixtureTensors.LargestDifference(with, without) > 1e-2);
    }

    [Fact]
    public void A_rank_stabilized_adapter_says_so_and_is_scaled_by_the_root_of_its_rank()
    {
        _run.Train(p => Lora(p) with { UseRslora = true, TrainSteps = 2 }, "lora");
        Assert.Contains("\"use_rslora\": true", File.ReadAllText(_run["lora/outputs/adaptor/adapter_config.json"]), StringComparison.Ordinal);
        Assert.All(AdapterFolder.Open(_run["lora/outputs/adaptor"]).PlanFor(ModelFolder.Open(Base)).Layers, layer => Assert.Equal(8 / Math.Sqrt(4), layer.Scale));
    }

    [Fact]
    public void Without_fusing_the_result_is_the_adapter()
    {
        _run.Train(p => Lora(p) with { FuseAdapter = false, TargetModules = ["query, value"] }, "lora");
        Assert.Equal("outputs/adaptor", _run.Events.OfType<RunFinished>().Last().Model);
        Assert.False(Directory.Exists(_run["lora/outputs/fused"]));
        Assert.Equal(2, ModelSource.Open(_run["lora/outputs/adaptor"]).Adapter!.Settings.Targets.Modules!.Names.Count);
    }

    [Theory]
    [InlineData(TrainDtype.Float32, false, false)]
    [InlineData(TrainDtype.Bfloat16, true, false)]
    [InlineData(TrainDtype.Float32, true, true)]
    [InlineData(TrainDtype.Bfloat16, false, true)]
    public void A_stopped_run_goes_on_to_the_same_bits(TrainDtype dtype, bool checkpointing, bool in4Bit)
    {
        TrainParameters Settings(TrainParameters p) => Lora(p) with { LoraDropout = 0.3, Dtype = dtype, ActivationCheckpointing = checkpointing, GradientAccumulationSteps = 2, LoadIn4bit = in4Bit };
        _run.Train(Settings, "whole");
        using var stop = new CancellationTokenSource();
        using var stopping = new TinyRun { Parameters = _run.Parameters, OnEvent = happened => { if (happened is StepLogged { Step: 4 }) stop.Cancel(); } };
        Assert.Equal(RunOutcome.Stopped, stopping.Train(Settings, "part", stop.Token));
        Assert.Equal(RunOutcome.Done, stopping.Resume("part"));
        foreach (var file in new[] { "adaptor/adapter_model.safetensors", "adaptor/adapter_config.json", "fused/model.safetensors" })
        {
            Assert.Equal(File.ReadAllBytes(_run[$"whole/outputs/{file}"]), File.ReadAllBytes(stopping[$"part/outputs/{file}"]));
        }

        double[] Losses(TinyRun run) => [.. run.Events.OfType<StepLogged>().GroupBy(logged => logged.Step).OrderBy(group => group.Key).Select(group => group.Last().Loss)];
        Assert.Equal(Losses(_run)[^6..], Losses(stopping)[^6..]);
    }

    public static TheoryData<string> Kinds() => ["dora", "dora-4bit", "dora-bfloat16", "bias", "whole", "whole-4bit", "tokens", "tables", "expression"];

    /// <summary>Each form of adapter: the same bits after a stop, a fused model that computes the same, and trained further from where it stands.</summary>
    [Theory, MemberData(nameof(Kinds))]
    public void Every_form_of_adapter_is_trained_and_goes_on_to_the_same_bits(string kind)
    {
        TrainParameters Settings(TrainParameters p) => kind switch
        {
            "dora" => Lora(p) with { UseDora = true, LoraDropout = 0.3, ActivationCheckpointing = true },
            "dora-4bit" => Lora(p) with { UseDora = true, LoadIn4bit = true },
            "dora-bfloat16" => Lora(p) with { UseDora = true, Dtype = TrainDtype.Bfloat16, LoraDropout = 0.3 },
            "bias" => Lora(p) with { Bias = LoraBias.All, TargetModules = ["query"], GradientAccumulationSteps = 2 },
            "whole" => Lora(p) with { ModulesToSave = ["decoder, output.LayerNorm"], Bias = LoraBias.LoraOnly, Dtype = TrainDtype.Bfloat16 },
            "whole-4bit" => Lora(p) with { ModulesToSave = ["intermediate"], LoadIn4bit = true },
            "tokens" => Lora(p) with { TrainableTokenIndices = ["5", "6"], TargetModules = ["value"] },
            "tables" => Lora(p) with { TargetModules = ["word_embeddings", "decoder", "key"], UseDora = true },
            _ => Lora(p) with { TargetModules = [@".*layer\.\d+\..*(query|key|dense)"], ExcludeModules = ["attention.output.dense"] },
        };
        _run.Train(Settings, "whole");
        using var stop = new CancellationTokenSource();
        using var stopping = new TinyRun { Parameters = _run.Parameters, OnEvent = happened => { if (happened is StepLogged { Step: 4 }) stop.Cancel(); } };
        Assert.Equal(RunOutcome.Stopped, stopping.Train(Settings, "part", stop.Token));
        Assert.Equal(RunOutcome.Done, stopping.Resume("part"));
        foreach (var file in new[] { "adaptor/adapter_model.safetensors", "adaptor/adapter_config.json", "fused/model.safetensors", "fused/config.json" })
        {
            Assert.Equal(File.ReadAllBytes(_run[$"whole/outputs/{file}"]), File.ReadAllBytes(stopping[$"part/outputs/{file}"]));
        }

        using var scope = NewDisposeScope();
        var first = _run["whole/outputs/adaptor"];
        using (no_grad())
        using (var adapted = ModelSource.Open(first).Load(dtype: ScalarType.Float32))
        using (var fused = ModelFolder.Open(_run["whole/outputs/fused"]).Load().Model)
        using (var plain = ModelFolder.Open(Base).Load().Model)
        {
            Assert.DoesNotContain(adapted.Warnings, warning => !warning.Contains("share a table", StringComparison.Ordinal));
            Assert.InRange(FixtureTensors.LargestDifference(Logits(adapted.Model), Logits(fused)), 0, 2e-4);
            Assert.True(FixtureTensors.LargestDifference(Logits(adapted.Model), Logits(plain)) > 1e-3);
            // What is trained is what comes out: nothing of it stayed where it began.
            using var untrained = ModelFolder.Open(Base).Untied().Load().Model;
            foreach (var saved in adapted.Adapter!.Plan.Saved)
            {
                Assert.False(adapted.Model.Parameters.Single(p => p.Name == saved.Parameter).Value.equal(untrained.Parameters.Single(p => p.Name == saved.Parameter).Value).all().item<bool>(), saved.Parameter);
            }
        }

        // One step that hardly moves: everything that was trained is still there.
        _run.Train(p => Settings(p) with { Model = first, LearningRate = 1e-6, TrainSteps = 1, TargetModules = ["all-linear"], ExcludeModules = [], ModulesToSave = [], TrainableTokenIndices = [], UseDora = false, Bias = LoraBias.None, LearningRateSchedule = LearningRateScheduleKind.Constant }, "second");
        var model = ModelFolder.Open(Base);
        using var before = AdapterFolder.Open(first).Load(model);
        using var after = AdapterFolder.Open(_run["second/outputs/adaptor"]).Load(model);
        Assert.Equal(before.Parameters.Select(p => p.Name), after.Parameters.Select(p => p.Name));
        foreach (var (a, b) in before.Parameters.Zip(after.Parameters)) Assert.InRange(FixtureTensors.LargestDifference(a.Value, b.Value), 0, kind == "whole" ? 1e-2 : 1e-5);
    }

    /// <summary>What is frozen in 4 bits costs nothing in the end: the fused model is made from the weights as they are stored.</summary>
    [Fact]
    public void Over_4_bit_weights_the_fused_model_is_made_from_the_stored_ones()
    {
        Assert.Equal(RunOutcome.Done, _run.Train(p => Lora(p) with { LoadIn4bit = true, EvalSplit = 0.5, EvalSteps = 3 }, "lora"));
        Assert.NotEmpty(_run.Events.OfType<EvaluationFinished>());
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var source = ModelSource.Open(_run["lora/outputs/adaptor"]);
        using var adapter = source.Adapter!.Load(source.Base);
        using var plain = source.Base.Load().Model;
        using var fused = ModelFolder.Open(_run["lora/outputs/fused"]).Load().Model;
        Assert.Null(fused.Quantized);
        foreach (var (name, value) in plain.Parameters) adapter.AddTo(name, value);
        Assert.Equal(plain.Parameters.Select(p => p.Name), fused.Parameters.Select(p => p.Name));
        foreach (var (expected, actual) in plain.Parameters.Zip(fused.Parameters)) Assert.Equal(expected.Value.bytes.ToArray(), actual.Value.bytes.ToArray());
    }

    [Fact]
    public void A_model_stored_in_4_bits_is_trained_by_adapters_only()
    {
        ModelFolder.Save(_run["small"], folder =>
        {
            using var loaded = ModelFolder.Open(Base).Load(in4Bit: true).Model;
            ModelFolder.Write(folder, loaded, ModelFolder.Open(Base).Config);
            ModelFolder.Open(Base).CopyOtherFiles(folder);
        });
        var whole = Lora(_run.Parameters) with { Model = _run["small"], Lora = false, LoraR = 32, LoraAlpha = 64 };
        var problems = ParameterValidation.Check(whole, TrainingInputs.Facts(whole)).Where(problem => problem.Severity == Severity.Error);
        Assert.Contains("stored in 4-bit, but lora is false", Assert.Single(problems).Sentence);

        Assert.Equal(RunOutcome.Done, _run.Train(p => Lora(p) with { Model = _run["small"] }, "stored"));
        Assert.Equal(RunOutcome.Done, _run.Train(p => Lora(p) with { LoadIn4bit = true }, "at-once"));
        Assert.Equal(File.ReadAllBytes(_run["at-once/outputs/adaptor/adapter_model.safetensors"]), File.ReadAllBytes(_run["stored/outputs/adaptor/adapter_model.safetensors"]));
        Assert.False(ModelFolder.Open(_run["stored/outputs/fused"]).IsIn4Bit);
    }

    [Fact]
    public void A_run_is_not_resumed_on_other_weights_than_it_was_started_on()
    {
        using var stop = new CancellationTokenSource();
        using var stopping = new TinyRun { Parameters = _run.Parameters, OnEvent = happened => { if (happened is StepLogged { Step: 4 }) stop.Cancel(); } };
        stopping.Train(Lora, "part", stop.Token);
        _run.Train(p => p with { Seed = 9 }, "other");
        File.Copy(_run["other/outputs/model.safetensors"], Path.Combine(Base, "model.safetensors"), overwrite: true);
        Assert.Contains("its weights have changed", Assert.Throws<UserError>(() => stopping.Resume("part")).Message);
    }

    [Fact]
    public void An_adapter_is_trained_further_from_where_it_stands()
    {
        _run.Train(p => Lora(p) with { TargetModules = ["query"] }, "first");
        var first = _run["first/outputs/adaptor"];
        TrainParameters More(TrainParameters p) => Lora(p) with { Model = first, LoraR = 16, LearningRate = 1e-6, TrainSteps = 1, LearningRateSchedule = LearningRateScheduleKind.Constant };
        _run.Train(More, "second");
        Assert.Single(_run.Events.OfType<Notice>(), notice => notice.Message.StartsWith("lora_r has no effect because model is the adapter", StringComparison.Ordinal));
        var second = AdapterFolder.Open(_run["second/outputs/adaptor"]);
        Assert.Equal((4, "query", Base), (second.Settings.Rank, Assert.Single(second.Settings.Targets.Modules!.Names), second.Settings.BaseModel));

        using var scope = NewDisposeScope();
        var model = ModelFolder.Open(Base);
        using var before = AdapterFolder.Open(first).Load(model);
        using var after = second.Load(model);
        foreach (var (a, b) in before.Parameters.Zip(after.Parameters))
        {
            Assert.InRange(FixtureTensors.LargestDifference(a.Value, b.Value), 1e-8, 2e-6);
        }
    }

    [Fact]
    public void What_does_not_fit_is_told_before_anything_is_made()
    {
        _run.Train(p => Lora(p) with { FuseAdapter = false }, "lora");
        IReadOnlyList<string> Problems(Func<TrainParameters, TrainParameters> change)
        {
            var parameters = change(Lora(_run.Parameters));
            return [.. ParameterValidation.Check(parameters, TrainingInputs.Facts(parameters)).Where(problem => problem.Severity == Severity.Error).Select(problem => problem.Sentence)];
        }

        Assert.Empty(Problems(p => p));
        Assert.Empty(Problems(p => p with { Model = _run["lora/outputs/adaptor"] }));
        Assert.Contains("target_modules has qery", Assert.Single(Problems(p => p with { TargetModules = ["qery"] })));
        Assert.Contains("which matches the whole path of no layer", Assert.Single(Problems(p => p with { TargetModules = ["layer.*qery"] })));
        Assert.Contains("is not a regular expression", Assert.Single(Problems(p => p with { TargetModules = ["("] })));
        Assert.Contains("exclude_modules is nothing, which matches no layer", Assert.Single(Problems(p => p with { ExcludeModules = ["nothing"] })));
        Assert.Contains("modules_to_save has decodr, which no module of BertForMaskedLM is called; did you mean decoder?", Assert.Single(Problems(p => p with { ModulesToSave = ["decodr"] })));
        Assert.Contains("layers_to_transform has two. It must be a list of whole numbers from 0", Assert.Single(Problems(p => p with { LayersToTransform = ["two"] })));
        Assert.Contains("that its other settings", Assert.Single(Problems(p => p with { LayersToTransform = ["7"] })));
        Assert.Contains("layers_pattern is given, but layers_to_transform is not", Assert.Single(Problems(p => p with { LayersPattern = ["layer"] })));
        Assert.Contains("the tokens of this BertForMaskedLM are 0 to", Assert.Single(Problems(p => p with { TrainableTokenIndices = ["99999"] })));
        Assert.Contains("an adapter, but lora is false", Assert.Single(Problems(p => p with { Model = _run["lora/outputs/adaptor"], Lora = false, LoraR = 32, LoraAlpha = 64 })));
        Directory.Move(Base, _run["moved"]);
        Assert.Contains("which is not there", Assert.Single(Problems(p => p with { Model = _run["lora/outputs/adaptor"] })));
    }

    private static Tensor Logits(MaskedLanguageModel model) => model.Head(model.Encode(new PackedSequences(arange(5, 25, dtype: ScalarType.Int64) % model.VocabularySize, [20])));
}
