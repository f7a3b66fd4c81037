using Unmask.Engine.Text;
using Xunit;

namespace Unmask.Tests.Text;

public sealed class RecentTokenizersTests
{
    [Fact]
    public void The_same_files_give_the_same_tokenizer_and_changed_ones_another()
    {
        using var folder = new TemporaryFolder();
        WordTokenizer.Write(folder.Path, [.. WordTokenizer.Special, "red", "green"]);

        var first = Tokenizer.Load(folder.Path);
        Assert.Same(first, Tokenizer.Load(folder.Path));

        var file = folder.File("tokenizer.json");
        var (text, written) = (File.ReadAllText(file), File.GetLastWriteTimeUtc(file));
        File.WriteAllText(file, text.Replace("green", "white"));
        // Neither size nor time tells of the change.
        File.SetLastWriteTimeUtc(file, written);
        Assert.Equal(first.IdOf("green"), Tokenizer.Load(folder.Path).IdOf("white"));

        File.WriteAllText(file, text);
        Assert.Same(first, Tokenizer.Load(folder.Path));
        File.WriteAllText(folder.File("chat_template.jinja"), "{{ messages }}");
        Assert.Equal("{{ messages }}", Tokenizer.Load(folder.Path).ChatTemplate);
        Assert.NotEqual("{{ messages }}", first.ChatTemplate);
    }
}
