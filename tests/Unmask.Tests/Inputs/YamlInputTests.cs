using Unmask.Core.Inputs;
using Xunit;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Unmask.Tests.Inputs;

public sealed class YamlInputTests
{
    public static TheoryData<string> Hostile =>
    [
        "? &a [*a]\n: 1\n",
        "a: &x [1]\nb: *x\n",
        new string('[', 60_000),
        string.Concat(Enumerable.Repeat("{a: ", 20_000)),
        string.Concat(Enumerable.Repeat("- ", 60_000)),
        string.Concat(Enumerable.Range(0, 500).Select(depth => new string(' ', depth) + "a:\n")),
        ": {\r\x02",
        "#\0: .",
        "\0\0",
        "a: 1\n\0\0",
        "a: b: c",
        "a: 1\na: 2",
        "%YAML 99.1\n---\n",
        "- [" + string.Join(',', Enumerable.Repeat("1", 200_000)) + "]",
        new string('a', YamlInput.Length + 1),
        "a: \"\\ud800",
        "!<tag:x,2000:y> &a !z 1",
    ];

    [Theory, MemberData(nameof(Hostile))]
    public void Whatever_is_wrong_is_a_fault_of_the_text(string text) => Assert.ThrowsAny<YamlException>(() => YamlInput.Load(text));

    [Fact]
    public void A_place_is_given_where_there_is_one()
    {
        var fault = Assert.ThrowsAny<YamlException>(() => YamlInput.Load("a: 1\nb: &x [2]\nc: *x\n"));

        Assert.Equal(3, fault.Start.Line);
        Assert.InRange(Assert.ThrowsAny<YamlException>(() => YamlInput.Load("a: 1\nb: [2\nc: 3\n")).Start.Line, 2, 4);
    }

    [Fact]
    public void What_is_right_is_read()
    {
        var root = Assert.IsType<YamlMappingNode>(YamlInput.Load("a: [1, {b: two}]\nc: |\n  text\n"));

        Assert.Equal(2, root.Children.Count);
        Assert.Null(YamlInput.Load(""));
        Assert.Equal(2, YamlInput.Documents("a: 1\n---\nb: 2\n").Count);
        Assert.ThrowsAny<YamlException>(() => YamlInput.Load("a: 1\n---\nb: 2\n"));
    }

    [Fact]
    public void Random_bytes_are_read_or_refused()
    {
        var random = new Random(5);
        string letters = "ab:-[]{}?!&*#|>'\"%@` \n\t\r\0\u0002\u0085\u2028\ufeff\ud8001,~.<=\\";
        for (int i = 0; i < 5_000; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(1, 40)).Select(_ => letters[random.Next(letters.Length)]));
            try
            {
                YamlInput.Documents(text);
            }
            catch (YamlException)
            {
            }
        }
    }
}
