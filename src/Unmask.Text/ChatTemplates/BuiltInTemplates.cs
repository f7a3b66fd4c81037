namespace Unmask.Text.ChatTemplates;

/// <summary>A chat template that comes with the program.</summary>
/// <param name="Source">Jinja.</param>
/// <param name="EndOfTurn">The text that ends an answer, or null where that is the tokenizer's end-of-text token.</param>
/// <param name="Description">One sentence for help pages.</param>
public sealed record BuiltInTemplate(string Name, string Source, string? EndOfTurn, string Description);

/// <summary>
/// The templates of the model families, each of the same output as its original, and a plain one for small models. Family templates: the forms that
/// the dllm library trains BERT and LLaDA with, and the ChatML of Dream's checkpoint.
/// </summary>
public static class BuiltInTemplates
{
    public static BuiltInTemplate Bert { get; } = new(
        "bert",
        """
        {%- if not messages %}{{ raise_exception('it has no messages.') }}{% endif %}
        {%- for message in messages %}
            {%- if message.role == 'system' and loop.first %}
                {{- '[SYS]\n' + (message.content or '') | trim + '\n[/SYS]\n\n' }}
            {%- elif message.role == 'user' %}
                {{- '[Question]\n' + (message.content or '') | trim + '\n[/Question]\n\n' }}
            {%- elif message.role == 'assistant' %}
                {{- '[Answer]\n' + (message.content or '') | trim + '\n[/Answer]\n\n' }}
            {%- endif %}
        {%- endfor %}
        {%- if add_generation_prompt and messages[-1].role != 'assistant' %}
            {{- '[Answer]\n' }}
        {%- endif %}
        """,
        "[/Answer]",
        "BERT and ModernBERT chat: [Question] ... [/Question] and [Answer] ... [/Answer] as plain text.");

    public static BuiltInTemplate Llada { get; } = new(
        "llada",
        """
        {%- if messages %}{{- bos_token }}{% endif %}
        {%- for message in messages %}
            {{- '<|start_header_id|>' + message.role + '<|end_header_id|>\n\n' + (message.content or '') | trim + '<|eot_id|>' }}
        {%- endfor %}
        {%- if add_generation_prompt and (not messages or messages[-1].role != 'assistant') %}
            {{- '<|start_header_id|>assistant<|end_header_id|>\n\n' }}
        {%- endif %}
        """,
        "<|eot_id|>",
        "LLaDA: headers of the Llama-3 form, each turn ended by <|eot_id|>.");

    public static BuiltInTemplate Dream { get; } = new(
        "dream",
        """
        {%- if not messages or messages[0].role != 'system' %}
            {{- '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n' }}
        {%- endif %}
        {%- for message in messages %}
            {{- '<|im_start|>' + message.role + '\n' + (message.content or '') + '<|im_end|>\n' }}
        {%- endfor %}
        {%- if add_generation_prompt %}
            {{- '<|im_start|>assistant\n' }}
        {%- endif %}
        """,
        "<|im_end|>",
        "Dream: ChatML with a default system message.");

    public static BuiltInTemplate Plain { get; } = new(
        "plain",
        """
        {%- if not eos_token %}{{ raise_exception('the plain template ends an answer with the end-of-text token, and this tokenizer has none.') }}{% endif %}
        {%- for message in messages %}
            {{- message.content or '' }}
            {{- eos_token if message.role == 'assistant' else sep_token or eos_token }}
        {%- endfor %}
        """,
        null,
        "Small models trained from scratch: the prompt, a separator token, the response, the end-of-text token; no words around them.");

    public static IReadOnlyList<BuiltInTemplate> All { get; } = [Bert, Llada, Dream, Plain];

    /// <summary>The names for help and error sentences.</summary>
    public static string Names => string.Join(", ", All.Select(template => template.Name));

    public static BuiltInTemplate? Find(string name) => All.FirstOrDefault(template => template.Name == name);
}
