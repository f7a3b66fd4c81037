using System.Text.Json;
using System.Text.Json.Nodes;
using Unmask.Text.Json;

namespace Unmask.Text.Tokenizers.Classes;

/// <summary>The classes of transformers that build parts of their own. All others take tokenizer.json as it is.</summary>
internal static class TokenizerClasses
{
    /// <summary>The class of that name, or null where it has no parts of its own.</summary>
    /// <param name="root">The content of tokenizer.json.</param>
    public static TokenizerClass? Find(string name, ClassSettings settings, JsonField root) => name switch
    {
        "BertTokenizer" or "DistilBertTokenizer" or "ElectraTokenizer" or "ConvBertTokenizer" or "LayoutLMTokenizer" or "LxmertTokenizer" or "MobileBertTokenizer"
            or "SqueezeBertTokenizer" or "DPRContextEncoderTokenizer" or "DPRQuestionEncoderTokenizer" => WordPieceClasses.Bert(settings),
        "MPNetTokenizer" => WordPieceClasses.MPNet(settings),
        "FunnelTokenizer" => WordPieceClasses.Funnel(settings),
        "GPT2Tokenizer" => BytePairClasses.Gpt2(settings),
        "CodeGenTokenizer" => BytePairClasses.CodeGen(settings),
        "RobertaTokenizer" or "BartTokenizer" or "LongformerTokenizer" or "LEDTokenizer" or "MvpTokenizer" => BytePairClasses.Roberta(settings),
        "BlenderbotTokenizer" => BytePairClasses.Blenderbot(settings),
        "DebertaTokenizer" => BytePairClasses.Deberta(settings),
        "GPTNeoXTokenizer" => BytePairClasses.GptNeoX(settings),
        "CohereTokenizer" => BytePairClasses.Cohere(settings),
        "Qwen2Tokenizer" => BytePairClasses.Qwen2(settings),
        "Qwen3_5Tokenizer" => BytePairClasses.Qwen35(settings),
        "OpenAIGPTTokenizer" => BytePairClasses.OpenAi(settings),
        "HerbertTokenizer" => BytePairClasses.Herbert(settings),
        "LlamaTokenizer" => SentencePieceClasses.Llama(settings),
        "CodeLlamaTokenizer" => SentencePieceClasses.CodeLlama(settings),
        "GemmaTokenizer" => SentencePieceClasses.Gemma(settings),
        "ReformerTokenizer" => SentencePieceClasses.Reformer(settings, Rules(root)),
        "T5Tokenizer" => UnigramClasses.T5(settings, Rules(root)),
        "AlbertTokenizer" or "FNetTokenizer" => UnigramClasses.Albert(settings),
        "XLMRobertaTokenizer" => UnigramClasses.XlmRoberta(settings, Rules(root)),
        "XLNetTokenizer" => UnigramClasses.XlNet(settings),
        "CamembertTokenizer" => UnigramClasses.Camembert(settings, Place(root, settings.Token("unk_token", "<unk>"), false) ?? 0),
        "BarthezTokenizer" => UnigramClasses.Barthez(settings),
        "DebertaV2Tokenizer" => UnigramClasses.DebertaV2(settings, Place(root, settings.Token("unk_token", "[UNK]"), true) ?? settings.Int("unk_id", 1, int.MaxValue)),
        "BigBirdTokenizer" => UnigramClasses.BigBird(settings, Place(root, settings.Token("unk_token", "<unk>"), true) ?? 100),
        "RemBertTokenizer" => UnigramClasses.RemBert(settings),
        "XGLMTokenizer" => UnigramClasses.Xglm(settings),
        _ => null,
    };

    /// <summary>Refuses a vocabulary that the class cannot be built on.</summary>
    public static void Check(TokenizerClass rules, JsonField model, string configName)
    {
        bool isList = model.TryGet("vocab", out var vocab) && vocab.Element.ValueKind == JsonValueKind.Array;
        if (rules.Model != "Unigram" || isList) return;
        throw new UserError($"{configName}: the tokenizer class is {rules.Name}, which needs a Unigram vocabulary (a list of tokens with scores), but {model.File} has none. "
            + $"Set tokenizer_class to {ClassChoice.Generic} to use tokenizer.json unchanged, or fetch the files again.");
    }

    /// <summary>The first Precompiled normalizer, which a class takes over.</summary>
    private static JsonNode? Rules(JsonField root)
    {
        if (!root.TryGet("normalizer", out var normalizer)) return null;
        var steps = normalizer.OptionalString("type") == "Sequence" ? normalizer.Get("normalizers").Elements() : [normalizer];
        foreach (var step in steps)
            if (step.OptionalString("type") == "Precompiled") return JsonNode.Parse(step.Element.GetRawText());
        return null;
    }

    /// <summary>Place of a token in a vocabulary of tokens with scores.</summary>
    private static int? Place(JsonField root, string token, bool scoredZero)
    {
        if (!root.Get("model").TryGet("vocab", out var vocab) || vocab.Element.ValueKind != JsonValueKind.Array) return null;
        int place = 0;
        foreach (var entry in vocab.Element.EnumerateArray())
        {
            if (entry.ValueKind == JsonValueKind.Array && entry.GetArrayLength() == 2 && entry[0].ValueKind == JsonValueKind.String && entry[0].ValueEquals(token)
                && (!scoredZero || (entry[1].ValueKind == JsonValueKind.Number && entry[1].GetDouble() == 0))) return place;
            place++;
        }
        return null;
    }
}
