using Unmask.Text.ChatTemplates.Jinja;

namespace Unmask.Text.ChatTemplates;

/// <summary>Turns a conversation into the text a model was trained on, by a Jinja template.</summary>
public sealed class ChatTemplate
{
    private const long LongestFile = 4L << 20;

    private readonly Template _template;

    private ChatTemplate(Template template) => _template = template;

    public string Source => _template.Source;

    /// <summary>Whether the template reads a name that it is given, such as <c>tools</c>.</summary>
    public bool Reads(string name) => _template.Names.ContainsKey(name);

    /// <param name="name">What errors call the template, such as a file's path.</param>
    /// <exception cref="UserError">The template is not well formed; the sentence names line and column.</exception>
    public static ChatTemplate Parse(string source, string name = "The chat template") => new(Template.Parse(source, name));

    /// <summary>
    /// The template that a setting names: <c>bert</c>, <c>llada</c>, <c>dream</c> or <c>plain</c> (see <see cref="BuiltInTemplates"/>), <c>tokenizer</c> (the tokenizer's own),
    /// or the path of a template file.
    /// </summary>
    /// <param name="tokenizerTemplate">The text of the tokenizer's own template, or null when it has none.</param>
    /// <exception cref="UserError">There is no such template, or it is not well formed.</exception>
    public static ChatTemplate Choose(string choice, string? tokenizerTemplate)
    {
        if (BuiltInTemplates.Find(choice) is { } builtIn) return Parse(builtIn.Source, $"The chat template '{builtIn.Name}'");
        if (choice == "tokenizer")
        {
            return Parse(
                tokenizerTemplate ?? throw new UserError($"chat_template is 'tokenizer', but this tokenizer has no chat template (neither chat_template.jinja nor chat_template in tokenizer_config.json); choose one of {BuiltInTemplates.Names}, or the path of a .jinja file."),
                "The tokenizer's chat template");
        }

        if (!File.Exists(choice)) throw new UserError($"chat_template is '{choice}', which is neither a file nor one of {BuiltInTemplates.Names}, tokenizer.");
        return Parse(InputFile.ReadText(choice, LongestFile), choice);
    }

    /// <param name="addGenerationPrompt">Whether the text ends where the assistant would begin to speak.</param>
    /// <param name="variables">
    /// What else the template may read: the special tokens (<c>bos_token</c>, <c>eos_token</c>, <c>sep_token</c> ...) and switches such as <c>tools</c>, <c>documents</c>
    /// or <c>enable_thinking</c>. As in transformers, <c>tools</c> and <c>documents</c> are none unless given.
    /// </param>
    /// <exception cref="UserError">The template fails on this conversation or refuses it.</exception>
    public string Render(IReadOnlyList<Message> messages, bool addGenerationPrompt, IEnumerable<KeyValuePair<string, TemplateValue>>? variables = null)
    {
        var all = new Dictionary<string, TemplateValue>(StringComparer.Ordinal)
        {
            ["tools"] = TemplateValue.None,
            ["documents"] = TemplateValue.None,
        };
        foreach (var (name, value) in variables ?? []) all[name] = value;
        try
        {
            all["messages"] = TemplateValue.List(messages.Select(message => message.ToTemplateValue()).ToList());
        }
        catch (TemplateFault fault)
        {
            throw new UserError($"The messages cannot be given to the chat template: {fault.Message}.");
        }

        all["add_generation_prompt"] = addGenerationPrompt;
        return _template.Render(all);
    }
}
