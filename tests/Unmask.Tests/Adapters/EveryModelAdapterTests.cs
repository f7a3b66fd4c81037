using Unmask.Core.Parameters;
using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Adapters;
using Unmask.Engine.Modeling.Adapters.Planning;
using Unmask.Engine.Modeling.Adapters.Targets;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Engine.Modeling.Sequences;
using Unmask.Tests.Models;
using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Adapters;

/// <summary>Every form of adapter on every architecture, its head shared or not: beside the model, merged into it, and written and read again, it computes the same.</summary>
public sealed class EveryModelAdapterTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static MatrixTheoryData<string, bool, string> Cases() => new(["bert", "modernbert", "dream", "llada"], [true, false], ["dora", "table", "head", "whole", "tokens", "bias", "tied", "tied with tokens of the head"]);

    [Theory, MemberData(nameof(Cases))]
    public void Beside_the_model_merged_and_written_again_it_computes_the_same(string architecture, bool tied, string form)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var config = SmallConfigs.Of(architecture, new VocabularyFacts(40) { Pad = 0, Mask = 4 }, tied, width: 16, intermediate: 24, layers: 2, heads: 2, [("hidden_dropout_prob", "0"), ("attention_probs_dropout_prob", "0")]);
        using (var fresh = NewModel.Initialize(config, seed: 5)) ModelFolder.Save(folder["base"], fresh, config);
        var source = ModelFolder.Open(folder["base"]);
        var (table, head, layer) = architecture switch
        {
            "bert" => ("word_embeddings", "cls.predictions.decoder", "query"),
            "modernbert" => ("tok_embeddings", "decoder", "Wqkv"),
            "dream" => ("embed_tokens", "lm_head", "q_proj"),
            _ => ("wte", "model.transformer.ff_out", "q_proj"),
        };
        var headIsThere = !tied || architecture != "llada";
        LoraSettings With(params string[] targets) => new() { Rank = 2, Alpha = 3, Targets = TargetModules.Of(targets) };
        var settings = form switch
        {
            "dora" => With("all-linear") with { Dora = true },
            "table" => With(table, layer) with { Dora = true },
            "head" => With(headIsThere ? head : table, layer),
            "whole" => With(layer) with { SavedModules = [headIsThere ? head : table] },
            "tokens" => With(layer) with { Tokens = [new("", [0, 5, 7])] },
            "tied" => With(table, layer) with { KeepsTies = true },
            "tied with tokens of the head" => With(table, layer) with { KeepsTies = true, Tokens = headIsThere ? [new(head, [3, 9])] : [] },
            _ => With(layer) with { Bias = LoraBias.All },
        };
        var plan = AdapterPlan.Of(settings with { BaseModel = source.Path }, source.Architecture, source.Config);
        using var adapter = LoraAdapter.Fresh(plan, seed: 1, CPU, ScalarType.Float32);
        Tensor expected;
        using (var adapted = ModelSource.Load(source, adapter, CPU, null, in4Bit: false, passed: null, staysAsItIs: false))
        {
            using (var plain = source.Load().Model) Assert.InRange(FixtureTensors.LargestDifference(Logits(adapted.Model), Logits(plain)), 0, 1e-5);
            using var generator = new Generator(9);
            foreach (var (name, value) in adapter.Parameters) value.add_(randn(value.shape, generator: generator), alpha: 0.2);
            expected = Logits(adapted.Model);
            using (var plain = source.Load().Model) Assert.True(FixtureTensors.LargestDifference(expected, Logits(plain)) > 1e-3);
            Directory.CreateDirectory(folder["adapter"]);
            AdapterFolder.Write(folder["adapter"], adapter, trainedOn: null);
        }

        var again = ModelSource.OfAdapter(folder["adapter"]);
        using (var adapted = again.Load()) Assert.InRange(FixtureTensors.LargestDifference(Logits(adapted.Model), expected), 0, 1e-5);
        AdapterMerge.Save(folder["merged"], again);
        using (var merged = ModelFolder.Open(folder["merged"]).Load().Model) Assert.InRange(FixtureTensors.LargestDifference(Logits(merged), expected), 0, 1e-4);
    }

    private static Tensor Logits(MaskedLanguageModel model) => model.Head(model.Encode(new PackedSequences(arange(0, 24, dtype: ScalarType.Int64) % 40, [14, 10])));
}
