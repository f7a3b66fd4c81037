using Unmask.Core.Parameters;
using Unmask.Core.Runs;
using Unmask.Engine.Modeling.Checkpoints;
using Xunit;


namespace Unmask.Tests.Training;

/// <summary>Every output says where it comes from, to programs and to people.</summary>
public sealed class LineageTests : IDisposable
{
    private readonly TinyRun first = new();
    private readonly TinyRun second = new();

    public void Dispose()
    {
        first.Dispose();
        second.Dispose();
    }

    [Fact]
    public void A_model_from_fresh_weights_names_its_data_settings_and_measures()
    {
        first.Train(p => p with { AdaptorName = "first" });

        var lineage = Lineage.Read(first["run/outputs"])!;
        Assert.Equal(("model", "first", "BertForMaskedLM", 4L), (lineage.Kind, lineage.Name, lineage.Architecture, lineage.Steps));
        Assert.Null(lineage.Base);
        Assert.Equal([first["rows.jsonl"]], lineage.Data.Files);
        Assert.Equal(64, lineage.Data.TrainSha256.Length);
        Assert.Equal("scheduler", lineage.Settings["loss_weight_type"]!.ToString());
        Assert.Superset(new HashSet<string> { "train_loss", "eval_loss", "best_eval_loss" }, lineage.Metrics.Keys.ToHashSet());
        Assert.True(lineage.Finished >= lineage.Started);
        Assert.StartsWith("---\nlibrary_name: transformers\n", File.ReadAllText(first["run/outputs/README.md"]), StringComparison.Ordinal);
    }

    [Fact]
    public void An_adapter_and_the_model_with_it_merged_in_name_their_base_and_its_run()
    {
        first.Train(p => p with { AdaptorName = "first" });
        second.Train(p => p with { AdaptorName = "second", Model = first["run/outputs"], ModelSize = null, ModelConfig = ValueMap.Empty, Lora = true, Vocabulary = VocabularyKind.Bytebpe });

        var adapter = Lineage.Read(second["run/outputs/adaptor"])!;
        Assert.Equal(("adapter", "second"), (adapter.Kind, adapter.Name));
        Assert.Equal("fused", Lineage.Read(second["run/outputs/fused"])!.Kind);
        Assert.Equal(ModelFolder.Open(first["run/outputs"]).WeightsSha256(), adapter.Base!.Sha256);
        Assert.Equal(("first", Lineage.Read(first["run/outputs"])!.Run), (adapter.Base.Name, adapter.Base.Run));

        var card = File.ReadAllText(second["run/outputs/adaptor/README.md"]);
        Assert.Contains("library_name: peft", card, StringComparison.Ordinal);
        Assert.Contains("| lora_r | 32 |", card, StringComparison.Ordinal);
        // A card is made to be shown around: nothing of the machine's folders stands in it.
        Assert.DoesNotContain(Path.GetTempPath(), card, StringComparison.Ordinal);
    }
}
