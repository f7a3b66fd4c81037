using System.Text.Json.Nodes;
using Unmask.Text.Tokenizers.Files;

namespace Unmask.Text.Tokenizers.Classes;

/// <summary>Which tokenizer class a folder asks for, by the rules of AutoTokenizer in transformers 5.12: its name is a text here, nothing of it is loaded.</summary>
internal static class ClassChoice
{
    /// <summary>A tokenizer that takes tokenizer.json as it is.</summary>
    public const string Generic = "PreTrainedTokenizerFast";

    /// <summary>The class that each kind of model registers, one line a class. Kinds whose class is generic are those at the end.</summary>
    private const string Registered = """
        AlbertTokenizer albert nystromformer yoso
        BartTokenizer florence2
        BarthezTokenizer barthez
        BartphoTokenizer bartpho
        BertJapaneseTokenizer bert-japanese
        BertTokenizer align bark bert blip bros chinese_clip convbert distilbert electra ernie flava git grounding-dino layoutlm megatron-bert mm-grounding-dino nezha
        BertTokenizer nomic_bert qdqbert realm retribert squeezebert tvp vilt visual_bert
        BertweetTokenizer bertweet
        BigBirdTokenizer big_bird
        BioGptTokenizer biogpt
        BlenderbotSmallTokenizer blenderbot-small
        BlenderbotTokenizer blenderbot
        ByT5Tokenizer byt5
        CLIPTokenizer aimv2 clip clipseg groupvit omdet-turbo oneformer owlv2 owlvit sam3 sam3_video xclip
        CTRLTokenizer ctrl
        CamembertTokenizer camembert
        CanineTokenizer canine
        ClvpTokenizer clvp
        CodeLlamaTokenizer code_llama
        CohereTokenizer aya_vision cohere cohere2
        CpmAntTokenizer cpmant
        CpmTokenizer cpm
        DPRQuestionEncoderTokenizer dpr
        DebertaTokenizer deberta
        DebertaV2Tokenizer deberta-v2
        DiaTokenizer dia
        EsmTokenizer esm
        FNetTokenizer fnet
        FSMTTokenizer fsmt
        FlaubertTokenizer flaubert
        FunnelTokenizer funnel
        GPT2Tokenizer blip-2 codegen dbrx emu3 flex_olmo gpt2 gpt_bigcode gpt_neo gptj instructblip instructblipvideo jais2 opt phi starcoder2
        GPTNeoXJapaneseTokenizer gpt_neox_japanese
        GPTNeoXTokenizer falcon_mamba gpt_neox mamba mamba2 mpt olmo olmo2 olmoe rwkv stablelm xlstm
        GemmaTokenizer diffusion_gemma gemma gemma2 gemma3 gemma3_text gemma3n gemma3n_text recurrent_gemma shieldgemma2 t5gemma
        HerbertTokenizer herbert
        LEDTokenizer led
        LasrTokenizer lasr_ctc lasr_encoder
        LayoutLMv2Tokenizer layoutlmv2
        LayoutLMv3Tokenizer layoutlmv3
        LayoutXLMTokenizer layoutxlm
        LlamaTokenizer idefics idefics2
        LukeTokenizer luke
        LxmertTokenizer lxmert
        MBart50Tokenizer mbart50
        MBartTokenizer mbart
        MPNetTokenizer mpnet
        MarkupLMTokenizer markuplm
        MgpstrTokenizer mgp-str
        MobileBertTokenizer mobilebert
        MvpTokenizer mvp
        MyT5Tokenizer myt5
        NllbTokenizer nllb nllb-moe
        NougatTokenizer nougat pp_formulanet
        OpenAIGPTTokenizer openai-gpt
        PLBartTokenizer plbart
        ParakeetTokenizer parakeet_ctc parakeet_rnnt parakeet_tdt
        PegasusTokenizer bigbird_pegasus pegasus pegasus_x
        PerceiverTokenizer perceiver
        PhobertTokenizer phobert
        ProphetNetTokenizer prophetnet
        Qwen2Tokenizer audioflamingo3 colqwen2 cosmos3_omni internvl lighton_ocr ovis2 qianfan_ocr qwen2 qwen2_5_omni qwen2_5_vl qwen2_audio qwen2_moe qwen2_vl qwen3
        Qwen2Tokenizer qwen3_moe qwen3_next qwen3_omni_moe qwen3_vl qwen3_vl_moe
        Qwen3_5Tokenizer qwen3_5 qwen3_5_moe
        RagTokenizer rag
        ReformerTokenizer reformer
        RemBertTokenizer rembert
        RoCBertTokenizer roc_bert
        RoFormerTokenizer roformer
        RobertaTokenizer bart bridgetower clap data2vec-text ibert lilt longformer mega mra roberta roberta-prelayernorm
        SeamlessM4TTokenizer seamless_m4t seamless_m4t_v2
        Siglip2Tokenizer siglip2
        SplinterTokenizer splinter
        T5Tokenizer mt5 musicgen musicgen_melody pix2struct switch_transformers t5 umt5
        TapasTokenizer tapas
        UdopTokenizer udop
        VitsTokenizer vits
        Wav2Vec2CTCTokenizer data2vec-audio hubert unispeech unispeech-sat wav2vec2 wav2vec2-bert wav2vec2-conformer
        Wav2Vec2PhonemeCTCTokenizer wav2vec2_phoneme
        WhisperTokenizer whisper
        XGLMTokenizer xglm
        XLMRobertaTokenizer jina_embeddings_v3 kosmos-2 metaclip_2 trocr xlm-roberta xlm-roberta-xl xmod
        XLMTokenizer xlm
        XLNetTokenizer xlnet
        TokenizersBackend arctic chameleon chatlm cohere_asr deepseek_ocr deepseek_ocr2 deepseek_v2 deepseek_v3 deepseek_v32 deepseek_v4 deepseek_vl deepseek_vl_hybrid
        TokenizersBackend deepseek_vl_v2 fuyu glm glm4 glm4_moe glm4_moe_lite glm4v glm4v_moe glm_image glmasr got_ocr2 granite granitemoe granitemoehybrid granitemoeshared
        TokenizersBackend h2ovl_chat hyperclovax_vlm internlm2 jamba janus llava llava_next minicpmv minicpmv4_6 minimax_m2 ministral ministral3 mistral mistral3 mixtral
        TokenizersBackend modernbert molmo molmo2 nemotron nvfp4 olmo3 olmo_hybrid opencua openvla phi3 phi3_v phimoe pixtral step3_vl step3p5 vipllava voxtral voxtral_realtime
        """;

    private static readonly Dictionary<string, string> _registered = Registered.Split('\n')
        .Select(line => line.Trim().Split(' ')).SelectMany(words => words.Skip(1).Select(kind => (kind, words[0]))).ToDictionary(x => x.kind, x => x.Item2);

    // Kinds of models whose published folders name a wrong class: the registered one is taken.
    private static readonly HashSet<string> _wrongAtTheHub = [.. ("arctic chameleon chatlm deepseek_v2 deepseek_v3 deepseek_v32 deepseek_v4 deepseek_vl deepseek_vl_hybrid deepseek_vl_v2 "
        + "deepseek_ocr deepseek_ocr2 fuyu h2ovl_chat hyperclovax_vlm internlm2 jamba janus llava llava_next minicpmv minimax_m2 "
        + "modernbert molmo molmo2 nemotron nvfp4 opencua openvla phi3 phi3_v phimoe qwen2 step3p5 step3_vl vipllava cohere_asr").Split(' ')];

    /// <summary>The name of the class, without "Fast"; <see cref="Generic"/> for all that take tokenizer.json as it is.</summary>
    public static string Of(TokenizerFiles files)
    {
        var named = files.ConfigString("tokenizer_class");
        var wanted = named ?? Text(files.ModelConfig["tokenizer_class"]);
        var registered = Text(files.ModelConfig["model_type"]) is { Length: > 0 } kind ? _registered.GetValueOrDefault(kind) : null;
        // Code that comes with a model is never run; its tokenizer.json says what can be said without it.
        if (registered is not null && wanted is not null && registered != WithoutFast(wanted) && files.Config["auto_map"] is null)
            return registered == "TokenizersBackend" ? Generic : _wrongAtTheHub.Contains(Text(files.ModelConfig["model_type"])!) ? registered : WithoutFast(wanted);
        return wanted is not null ? WithoutFast(wanted) : registered is null or "TokenizersBackend" ? Generic : registered;
    }

    /// <summary>The class to write where <paramref name="chosen"/> was followed; null where the files name it already.</summary>
    /// <param name="isKnown">Whether the class builds parts of its own.</param>
    public static string? ToSave(TokenizerFiles files, string chosen, bool isKnown)
    {
        if (files.Config["auto_map"] is not null && !isKnown) return Generic;
        return WithoutFast(files.ConfigString("tokenizer_class") ?? Generic) == chosen ? null : chosen;
    }

    private static string WithoutFast(string name) =>
        name == Generic ? name : name.EndsWith("Fast", StringComparison.Ordinal) ? name[..^4] : name;

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
