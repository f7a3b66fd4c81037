using Unmask.Core.Parameters;
using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Adapters;
using Unmask.Engine.Modeling.Adapters.Planning;
using Unmask.Engine.Modeling.Adapters.Targets;
using Unmask.Engine.Modeling.Architectures;
using Unmask.Engine.Modeling.Checkpoints;
using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Adapters;

/// <summary>Which layers get an adapter, how large it is, and how its file names them. No weight of the large models is made.</summary>
public sealed class AdapterPlanTests
{
    [Theory]
    [InlineData("bert", "base", 30522, 5_357_568, "dense key query value")]
    [InlineData("modernbert", "base", 50368, 6_807_552, "Wi Wo Wqkv dense")]
    [InlineData("dream", "7b", 152064, 80_740_352, "down_proj gate_proj k_proj o_proj q_proj up_proj v_proj")]
    [InlineData("llada", "8b", 126464, 83_886_080, "*.ff_out attn_out ff_proj k_proj q_proj up_proj v_proj")]
    public void Published_models_have_the_trained_values_and_the_names_of_the_original(string architecture, string size, int vocabulary, long elements, string names)
    {
        var (entry, config) = Model(architecture, size, vocabulary);
        var plan = AdapterPlan.Of(Settings(32, "all-linear"), entry, config);
        Assert.Equal(elements, plan.Elements);
        string[] expected = [.. names.Split(' ').SelectMany(name => name.StartsWith('*') ? Enumerable.Range(0, config.Layers).Select(i => i + name[1..]) : [name])];
        Assert.Equal(expected.Order(StringComparer.Ordinal), plan.TargetNames);
        // What is written means the same layers again, and no head.
        Assert.Equal(plan.Layers, AdapterPlan.Of(plan.Settings with { Targets = TargetModules.Of(plan.TargetNames) }, entry, config).Layers);
        Assert.DoesNotContain(entry.LoraExclusions, head => TargetModules.Of(plan.TargetNames).Match(head));
    }

    [Fact]
    public void Few_layers_are_named_in_full_and_names_that_were_given_are_kept()
    {
        var (entry, config) = Model("modernbert", "tiny", 100);
        Assert.Equal(config.LinearLayers().Select(linear => linear.Path).Order(StringComparer.Ordinal), AdapterPlan.Of(Settings(4, "all-linear"), entry, config).TargetNames);
        var given = AdapterPlan.Of(Settings(4, "attn.Wo", "Wqkv"), entry, config);
        Assert.Equal(["Wqkv", "attn.Wo"], given.TargetNames);
        Assert.Equal(2 * config.Layers, given.Layers.Count);
        Assert.DoesNotContain(given.Layers, layer => layer.Path.EndsWith("mlp.Wo", StringComparison.Ordinal));
    }

    [Fact]
    public void A_name_that_the_head_has_too_means_the_head_as_in_peft_and_a_longer_one_does_not()
    {
        var (entry, config) = Model("llada", "tiny", 100, ("weight_tying", "false"));
        Assert.Equal(["ff_out"], AdapterPlan.Of(Settings(4, "ff_out"), entry, config).TargetNames);
        Assert.Equal(AdaptedKind.Head, Assert.Single(AdapterPlan.Of(Settings(4, "ff_out"), entry, config).Layers, layer => layer.Path == "model.transformer.ff_out").Kind);
        var plan = AdapterPlan.Of(Settings(4, "ff_out") with { Targets = TargetModules.Of(["ff_out"]) with { Excluded = new ModuleNames(["transformer.ff_out"]) } }, entry, config);
        Assert.Equal(["model.transformer.blocks.0.ff_out", "model.transformer.blocks.1.ff_out"], plan.TargetNames);
    }

    [Fact]
    public void Whole_modules_biases_and_tokens_are_counted_and_named()
    {
        var (entry, config) = Model("dream", "tiny", 100, ("tie_word_embeddings", "true"));
        var plan = AdapterPlan.Of(Settings(4, "q_proj") with { SavedModules = ["lm_head", "norm"], Bias = LoraBias.LoraOnly, Tokens = [] }, entry, config);
        Assert.True(plan.Unties);
        Assert.Equal(["lm_head", "model.norm"], plan.SavedNames);
        Assert.Equal(["model.layers.0.self_attn.q_proj.bias", "model.layers.1.self_attn.q_proj.bias", "model.norm.weight", "lm_head.weight"], plan.Saved.Select(saved => saved.Parameter));
        Assert.Equal(2 * 128 + 128 + 100 * 128, plan.SavedElements);
        Assert.False(AdapterPlan.Of(Settings(4, "q_proj") with { SavedModules = ["embed_tokens"], KeepsTies = true }, entry, config).Unties);

        var tokens = AdapterPlan.Of(Settings(4, "q_proj") with { Tokens = [new("", [5, 7])] }, entry, config);
        Assert.Equal(new SavedTokens("model.embed_tokens", tokens.Tokens[0].Ids, 128, InTable: true, InHead: true), Assert.Single(tokens.Tokens));
        Assert.False(tokens.Unties);
        Assert.Equal(tokens.Layers.Sum(layer => layer.Elements) + 2 * 128, tokens.Elements);
        Assert.Equal(128, AdapterPlan.Of(Settings(4, "q_proj") with { Dora = true }, entry, config).Layers[0].Elements - tokens.Layers[0].Elements);
    }

    [Fact]
    public void Ranks_alphas_exclusions_expressions_and_layer_numbers_are_those_of_peft()
    {
        var (entry, config) = Model("bert", "mini", 100);
        var settings = Settings(4, "query", "value") with
        {
            Alpha = 8,
            RankPattern = [new("layer.0.attention.self.query", 2), new(@"layer\.[23].*value", 16)],
            AlphaPattern = [new("query", 6)],
        };
        AdaptedLayer Layer(AdapterPlan plan, string end) => plan.Layers.Single(layer => layer.Path.EndsWith(end, StringComparison.Ordinal));
        var plan = AdapterPlan.Of(settings, entry, config);
        Assert.Equal((2, 3.0), (Layer(plan, "0.attention.self.query").Rank, Layer(plan, "0.attention.self.query").Scale));
        Assert.Equal((4, 1.5), (Layer(plan, "1.attention.self.query").Rank, Layer(plan, "1.attention.self.query").Scale));
        Assert.Equal((16, 0.5), (Layer(plan, "3.attention.self.value").Rank, Layer(plan, "3.attention.self.value").Scale));
        Assert.Equal(4, Layer(AdapterPlan.Of(settings with { RankStabilized = true }, entry, config), "1.attention.self.value").Scale);

        IEnumerable<string> Paths(TargetModules targets) => AdapterPlan.Of(settings with { Targets = targets }, entry, config).Layers.Select(layer => layer.Path["bert.encoder.layer.".Length..]);
        Assert.Equal(["1.attention.self.key", "2.attention.self.key"], Paths(new TargetModules(new ModuleNames([], @".*layer\.[12].*\.key"))));
        Assert.Equal(["2.attention.self.key"], Paths(TargetModules.Of(["key"]) with { Layers = [2] }));
        Assert.Equal(["2.attention.self.key"], Paths(TargetModules.Of(["key"]) with { Layers = [2], LayerNames = ["layer"] }));
        Assert.Equal(["0.attention.self.key", "2.attention.self.key"], Paths(TargetModules.Of(["key", "bert.encoder.layer.0.attention.self.key"]) with { Layers = [2] }));
        Assert.Equal(["0.attention.self.key", "3.attention.self.key"], Paths(TargetModules.Of(["key"]) with { Excluded = new ModuleNames([], @".*\.[12]\..*") }));
        Assert.Equal(["0.attention.self.query"], Paths(new TargetModules(null) { Excluded = new ModuleNames(["dense", "key", "value"]), Layers = [0] }));
    }

    [Fact]
    public void Layers_that_are_not_there_are_told()
    {
        var (entry, config) = Model("bert", "mini", 100);
        IReadOnlyList<string> Warnings(TargetModules targets) => AdapterPlan.Of(Settings(4) with { Targets = targets }, entry, config).Warnings;
        Assert.Empty(Warnings(TargetModules.Of(["key"]) with { Layers = [0, 3], LayerNames = ["layer"] }));
        Assert.StartsWith("layers_to_transform has 4, 12", Assert.Single(Warnings(TargetModules.Of(["key"]) with { Layers = [0, 4, 12] })), StringComparison.Ordinal);
        Assert.StartsWith("layers_pattern has blocks", Assert.Single(Warnings(TargetModules.Of(["key"]) with { Layers = [0], LayerNames = ["layer", "blocks"] })), StringComparison.Ordinal);
        var parameters = new TrainParameters { TargetModules = ["key"], LayersToTransform = ["0", "4"] };
        Assert.Equal("layers_to_transform", Assert.Single(TargetProblems.Of(parameters, entry, config)).Setting);
    }

    [Theory]
    [InlineData("bert", "word_embeddings", "decoder", false)]
    [InlineData("modernbert", "tok_embeddings", "decoder", false)]
    [InlineData("dream", "embed_tokens", "lm_head", true)]
    public void A_head_is_kept_the_same_as_the_table_under_the_names_that_peft_looks_for(string architecture, string table, string head, bool same)
    {
        var (entry, config) = Model(architecture, "tiny", 100, ("tie_word_embeddings", "true"));
        AdapterPlan Plan(LoraSettings settings) => AdapterPlan.Of(settings with { KeepsTies = true }, entry, config);
        void Check(AdapterPlan plan, bool expected)
        {
            Assert.Equal(expected, !plan.Unties);
            Assert.Equal(expected, !plan.Warnings.Any(warning => warning.StartsWith("ensure_weight_tying", StringComparison.Ordinal)));
        }

        Check(Plan(Settings(4, table)), same);
        Check(Plan(Settings(4, config.LinearLayers()[0].Path) with { SavedModules = [head] }), same);
        Assert.Equal(same, Plan(Settings(4, table, head)).SharedWithHead is not null);
        Assert.Equal(same ? 1 : 2, Plan(Settings(4, table, head)).Layers.Count);
        Assert.Contains(Plan(Settings(4, config.LinearLayers()[0].Path)).Warnings, warning => warning.StartsWith("ensure_weight_tying", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("target_modules has qery, which no linear layer of BertForMaskedLM is called; did you mean query?", "qery", "value")]
    [InlineData("target_modules has all-linear beside other names", "all-linear", "query")]
    [InlineData("target_modules is empty")]
    public void Names_that_mean_nothing_are_told(string sentence, params string[] names)
    {
        var (entry, config) = Model("bert", "tiny", 100);
        Assert.Contains(sentence, Assert.Single(TargetProblems.Of(names, entry, config)));
    }

    [Fact]
    public void A_fresh_adapter_starts_as_the_original_does()
    {
        using var scope = NewDisposeScope();
        var (entry, config) = Model("bert", "tiny", 100);
        var plan = AdapterPlan.Of(Settings(32, "all-linear"), entry, config);
        using var plain = LoraAdapter.Fresh(plan, seed: 7, CPU, ScalarType.Float32);
        using var rounded = LoraAdapter.Fresh(plan, seed: 7, CPU, ScalarType.BFloat16);
        using var other = LoraAdapter.Fresh(plan, seed: 8, CPU, ScalarType.Float32);
        foreach (var ((name, value), i) in plain.Parameters.Select((parameter, i) => (parameter, i)))
        {
            Assert.Equal(ScalarType.Float32, rounded.Parameters[i].Value.dtype);
            Assert.True(rounded.Parameters[i].Value.requires_grad);
            Assert.True(value.to(ScalarType.BFloat16).to(ScalarType.Float32).equal(rounded.Parameters[i].Value).all().item<bool>());
            if (name.EndsWith("lora_B.weight", StringComparison.Ordinal))
            {
                Assert.Equal(0, value.abs().max().item<float>());
                continue;
            }

            var bound = 1 / Math.Sqrt(value.shape[1]);
            Assert.InRange(value.abs().max().item<float>(), 0.98 * bound, bound);
            Assert.InRange(value.std().item<float>(), 0.95 * bound / Math.Sqrt(3), 1.05 * bound / Math.Sqrt(3));
            Assert.False(value.equal(other.Parameters[i].Value).all().item<bool>());
        }
    }

    private static LoraSettings Settings(int rank, params string[] targets) => new() { Rank = rank, Alpha = 2 * rank, Targets = TargetModules.Of(targets) };

    private static (Unmask.Engine.Modeling.Architecture Entry, ModelConfig Config) Model(string architecture, string size, int vocabulary, params (string Key, string Value)[] more)
    {
        var entry = ModelCatalog.Named(architecture);
        return (entry, NewModel.Configure(entry, size, new VocabularyFacts(vocabulary), more.ToDictionary(pair => pair.Key, pair => pair.Value)));
    }
}
