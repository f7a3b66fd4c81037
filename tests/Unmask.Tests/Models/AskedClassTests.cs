using System.Text.Json.Nodes;
using Unmask.Engine.Modeling.Architectures;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Models;

/// <summary>Which architecture a config.json asks for.</summary>
public sealed class AskedClassTests
{
    [Theory]
    [InlineData("""{"architectures":["LLaDAMoEModelLM"],"model_type":"llada"}""", "LLaDAMoEModelLM")]
    [InlineData("""{"architectures":["NomicBertModel"],"model_type":"bert"}""", "NomicBertModel")]
    [InlineData("""{"architectures":["XBertForMaskedLM"],"model_type":"bert"}""", "XBertForMaskedLM")]
    [InlineData("""{"architectures":["BertForSequenceClassification"],"model_type":"bert"}""", "BertForSequenceClassification")]
    [InlineData("""{"architectures":"BertForTokenClassification","model_type":"bert"}""", "BertForTokenClassification")]
    [InlineData("""{"architectures":["ModernBertDecoderForCausalLM"],"model_type":"modernbert"}""", "ModernBertDecoderForCausalLM")]
    [InlineData("""{"architectures":["A","B"],"model_type":"modernbert"}""", "A, B")]
    [InlineData("""{"architectures":["BertForMaskedLM"],"model_type":"nomic_bert"}""", "BertForMaskedLM with the model_type nomic_bert")]
    [InlineData("""{"architectures":["BertForMaskedLM"],"model_type":"modernbert"}""", "BertForMaskedLM with the model_type modernbert")]
    [InlineData("""{"model_type":"gpt2"}""", "gpt2")]
    [InlineData("""{"model_type":"bert","auto_map":{"AutoModelForMaskedLM":"me/x--modeling.JinaBertForMaskedLM"}}""", "JinaBertForMaskedLM")]
    public void A_class_of_another_model_is_refused_by_its_name(string json, string name)
    {
        var error = Refused(json);
        Assert.Contains($"asks for the architecture {name}, which is not supported", error);
        Assert.DoesNotContain("block_type", error);
    }

    [Theory]
    [InlineData("""{"architectures":5,"model_type":"bert"}""", "architectures is 5")]
    [InlineData("""{"architectures":["BertForMaskedLM",null],"model_type":"bert"}""", "architectures is [")]
    [InlineData("""{"architectures":["BertForMaskedLM"],"model_type":["bert"]}""", "model_type is [")]
    [InlineData("""{"architectures":[],"model_type":null}""", "names no architecture")]
    public void Other_kinds_of_values_are_told(string json, string part) => Assert.Contains(part, Refused(json));

    [Theory]
    [InlineData("""{"architectures":["BertForMaskedLM"],"model_type":"bert"}""", "bert")]
    [InlineData("""{"architectures":["DreamModel"]}""", "Dream")]
    [InlineData("""{"architectures":["BertForPreTraining"],"model_type":"bert"}""", "bert", "names BertForPreTraining; it is read as BertForMaskedLM")]
    [InlineData("""{"architectures":["BertModel"],"model_type":"bert"}""", "bert", "names BertModel")]
    [InlineData("""{"architectures":["BertForMaskedLM","BertForPreTraining"],"model_type":"bert"}""", "bert", "names BertForMaskedLM, BertForPreTraining")]
    [InlineData("""{"architectures":"ModernBertForMaskedLM","model_type":"modernbert"}""", "modernbert", "as a text")]
    [InlineData("""{"architectures":null,"model_type":"llada"}""", "llada", "names no class")]
    [InlineData("""{"model_type":"Dream","auto_map":{"AutoModel":"modeling_dream.DreamModel"}}""", "Dream")]
    [InlineData("""{"architectures":["BertForMaskedLM"],"model_type":"bert","auto_map":{"AutoModelForMaskedLM":"bert_layers.BertForMaskedLM"}}""", "bert", "names code of its own")]
    public void What_is_taken_is_told_where_it_is_not_plain(string json, string modelType, params string[] notices)
    {
        var asked = AskedClass.Of(JsonNode.Parse(json)!.AsObject(), "config.json");
        Assert.Equal(modelType, asked.Architecture.ModelType);
        Assert.Equal(notices.Length, asked.Notices.Count);
        foreach (var (expected, notice) in notices.Zip(asked.Notices)) Assert.Contains(expected, notice);
    }

    [Fact]
    public void A_name_is_shown_short_and_without_control_characters()
    {
        var error = Refused($$"""{"architectures":["\u001b]0;x\u0007{{new string('A', 5000)}}"]}""");
        Assert.DoesNotContain(error, char.IsControl);
        Assert.InRange(error.Length, 1, 500);
    }

    private static string Refused(string json) => Assert.Throws<UserError>(() => AskedClass.Of(JsonNode.Parse(json)!.AsObject(), "config.json")).Message;
}
