using Unmask.Text.Json;

namespace Unmask.Text.Tokenizers.PostProcessors;

/// <summary>Adds special tokens round the tokens of a text, and trims offsets.</summary>
internal abstract class PostProcessor
{
    /// <summary>The most times that a text may stand in what is made of it.</summary>
    protected const int MostTexts = 8;

    /// <summary>How many times the text comes out.</summary>
    public virtual int Texts => 1;

    public abstract EncodedTokens Process(EncodedTokens tokens, bool addSpecialTokens);

    /// <summary>Reads a post-processor of <c>tokenizer.json</c>.</summary>
    public static PostProcessor Read(JsonField field) => field.Kind() switch
    {
        "TemplateProcessing" => TemplateProcessing.Parse(field),
        "BertProcessing" => TemplateProcessing.Around(Pair(field.Get("cls")), Pair(field.Get("sep"))),
        "RobertaProcessing" => Roberta(field),
        "ByteLevel" => new ByteLevelOffsets(field.Bool("trim_offsets", true), field.Bool("add_prefix_space", true)),
        "Sequence" => Sequence(field),
        _ => throw field.UnknownKind("post-processor", "TemplateProcessing", "BertProcessing", "RobertaProcessing", "ByteLevel", "Sequence"),
    };

    private static PostProcessorSequence Sequence(JsonField field)
    {
        var sequence = new PostProcessorSequence([.. field.Steps("processors").Select(Read)]);
        return sequence.Texts <= MostTexts ? sequence : throw field.Error($"repeats the text more than {MostTexts} times; at most that many are taken.");
    }

    private static PostProcessorSequence Roberta(JsonField field) => new([
        new ByteLevelOffsets(field.Bool("trim_offsets", true), field.Bool("add_prefix_space", true)),
        TemplateProcessing.Around(Pair(field.Get("cls")), Pair(field.Get("sep"))),
    ]);

    private static (string Token, int Id) Pair(JsonField field)
    {
        var parts = field.Elements();
        return parts.Length == 2 ? (parts[0].AsString(), parts[1].AsId()) : throw field.Error("must be a token and its id.");
    }
}

internal sealed class PostProcessorSequence(IReadOnlyList<PostProcessor> steps) : PostProcessor
{
    public override int Texts { get; } = (int)Math.Min(int.MaxValue, steps.Aggregate(1.0, (texts, step) => texts * step.Texts));

    public override EncodedTokens Process(EncodedTokens tokens, bool addSpecialTokens)
    {
        foreach (var step in steps) tokens = step.Process(tokens, addSpecialTokens);
        return tokens;
    }
}

/// <summary>Takes the blanks that byte-level tokens hold out of their offsets.</summary>
internal sealed class ByteLevelOffsets(bool trim, bool addPrefixSpace) : PostProcessor
{
    public override EncodedTokens Process(EncodedTokens tokens, bool addSpecialTokens)
    {
        if (!trim) return tokens;
        for (int i = 0; i < tokens.Ids.Count; i++)
        {
            var text = tokens.Texts[i];
            int leading = 0, trailing = 0;
            while (leading < text.Length && IsBlank(text[leading])) leading++;
            while (trailing < text.Length && IsBlank(text[text.Length - 1 - trailing])) trailing++;
            var (start, end) = tokens.Offsets[i];
            if (leading > 0)
            {
                // One blank may have been put there and is not in the text, so there is none to take out; of several none was.
                if ((i == 0 || start == 0) && addPrefixSpace && leading == 1) leading = 0;
                start = Math.Min(start + leading, end);
            }
            if (trailing > 0 && end >= trailing) end = Math.Max(end - trailing, start);
            tokens.Offsets[i] = (start, end);
        }
        return tokens;

        static bool IsBlank(char c) => c == Unicode.ByteCharacters.Of((byte)' ') || Unicode.CodePoints.IsWhiteSpace(c);
    }
}

/// <summary>Lays tokens out by a template of special tokens and the text.</summary>
internal sealed class TemplateProcessing(IReadOnlyList<(int Id, string Text)?> template) : PostProcessor
{
    /// <summary>The most special tokens of a template.</summary>
    private const int MostTokens = 10_000;

    public override int Texts { get; } = template.Count(part => part is null);

    public static TemplateProcessing Around((string Token, int Id) first, (string Token, int Id) last) =>
        new([(first.Id, first.Token), null, (last.Id, last.Token)]);

    public static TemplateProcessing Before(params (string Token, int Id)[] tokens) => new([.. tokens.Select(t => ((int, string)?)(t.Id, t.Token)), null]);

    public static TemplateProcessing After(params (string Token, int Id)[] tokens) => new([null, .. tokens.Select(t => ((int, string)?)(t.Id, t.Token))]);

    public static TemplateProcessing Parse(JsonField field)
    {
        var special = new Dictionary<string, List<(int, string)>>();
        if (field.TryGet("special_tokens", out var tokens))
        {
            foreach (var (name, token) in tokens.Members())
            {
                var ids = token.Get("ids").Elements();
                var texts = token.Get("tokens").Elements();
                if (ids.Length != texts.Length) throw token.Error($"has {ids.Length} ids and {texts.Length} tokens; there must be as many of each.");
                special[name] = [.. ids.Zip(texts, (id, text) => (id.AsId(), text.AsString()))];
            }
        }
        var template = new List<(int, string)?>();
        foreach (var part in field.Get("single").Elements())
        {
            if (part.TryGet("Sequence", out _)) template.Add(null);
            else if (part.TryGet("SpecialToken", out var token))
            {
                var name = token.String("id");
                if (!special.TryGetValue(name, out var list)) throw token.Error($"names \"{name}\", which special_tokens does not have.");
                foreach (var (id, text) in list) template.Add((id, text));
            }
            else throw part.Error("is neither a Sequence nor a SpecialToken.");
            if (template.Count > MostTokens) throw field.Error($"puts more than {MostTokens:N0} special tokens round a text; at most that many are taken.");
        }
        if (template.Count(entry => entry is null) > MostTexts) throw field.Error($"repeats the text more than {MostTexts} times; at most that many are taken.");
        return new TemplateProcessing(template);
    }

    public override EncodedTokens Process(EncodedTokens tokens, bool addSpecialTokens)
    {
        if (!addSpecialTokens) return tokens;
        var result = new EncodedTokens(tokens.Ids.Count + template.Count);
        foreach (var part in template)
        {
            if (part is { } token) result.Add(token.Id, token.Text, 0, 0);
            else result.AddRange(tokens);
        }
        return result;
    }
}
