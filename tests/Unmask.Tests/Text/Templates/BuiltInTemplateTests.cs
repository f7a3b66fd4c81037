using Unmask.Primitives;
using Unmask.Text.ChatTemplates;
using Unmask.Text.ChatTemplates.Jinja;
using Xunit;

namespace Unmask.Tests.Text.Templates;

/// <summary>The family templates, byte for byte.</summary>
public class BuiltInTemplateTests
{
    private static readonly Dictionary<string, TemplateValue> _tokens = new() { ["bos_token"] = "<BOS>", ["eos_token"] = "<EOS>", ["sep_token"] = "[SEP]" };

    private static readonly Message _system = new("system", "Sys ");
    private static readonly Message _user = new("user", " Hi?\n");
    private static readonly Message _assistant = new("assistant", " Yo.");

    [Fact]
    public void Bert()
    {
        Assert.Equal("[Question]\nHi?\n[/Question]\n\n[Answer]\n", Render("bert", true, _user));
        Assert.Equal("[SYS]\nSys\n[/SYS]\n\n[Question]\nHi?\n[/Question]\n\n[Answer]\nYo.\n[/Answer]\n\n", Render("bert", false, _system, _user, _assistant));
        Assert.Equal("[SYS]\nSys\n[/SYS]\n\n[Question]\nHi?\n[/Question]\n\n[Answer]\nYo.\n[/Answer]\n\n", Render("bert", true, _system, _user, _assistant));
        Assert.Equal("[SYS]\nSys\n[/SYS]\n\n[Answer]\n", Render("bert", true, _system));
        Assert.Equal("[Question]\nHi?\n[/Question]\n\n", Render("bert", false, _user, _system, new Message("tool", "x")));
        Assert.Contains("refuses this conversation", Assert.Throws<UserError>(() => Render("bert", true)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Llada()
    {
        Assert.Equal("<BOS><|start_header_id|>user<|end_header_id|>\n\nHi?<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n", Render("llada", true, _user));
        Assert.Equal(
            "<BOS><|start_header_id|>system<|end_header_id|>\n\nSys<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nHi?<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nYo.<|eot_id|>",
            Render("llada", true, _system, _user, _assistant));
        Assert.Equal("<|start_header_id|>assistant<|end_header_id|>\n\n", Render("llada", true));
        Assert.Equal("", Render("llada", false));
    }

    [Fact]
    public void Dream()
    {
        Assert.Equal("<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n Hi?\n<|im_end|>\n<|im_start|>assistant\n", Render("dream", true, _user));
        Assert.Equal("<|im_start|>system\nSys <|im_end|>\n<|im_start|>user\n Hi?\n<|im_end|>\n<|im_start|>assistant\n Yo.<|im_end|>\n", Render("dream", false, _system, _user, _assistant));
    }

    [Fact]
    public void Plain()
    {
        Assert.Equal(" Hi?\n[SEP] Yo.<EOS>", Render("plain", false, _user, _assistant));
        Assert.Equal(" Hi?\n[SEP]", Render("plain", true, _user));
        Assert.Equal("a<EOS>b<EOS>", ChatTemplate.Choose("plain", null).Render([new("user", "a"), new("assistant", "b")], false, new Dictionary<string, TemplateValue> { ["eos_token"] = "<EOS>" }));
        Assert.Throws<UserError>(() => ChatTemplate.Choose("plain", null).Render([_user], false));
    }

    private static string Render(string name, bool addGenerationPrompt, params Message[] messages) => ChatTemplate.Choose(name, null).Render(messages, addGenerationPrompt, _tokens);
}
