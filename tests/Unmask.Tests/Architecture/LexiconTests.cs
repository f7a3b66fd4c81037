using System.Reflection;
using System.Text.RegularExpressions;
using Unmask.Core.Parameters;
using Xunit;

namespace Unmask.Tests.Architecture;

/// <summary>Pages, the command line, help, documents and public names use the words of the field.</summary>
public sealed partial class LexiconTests
{
    /// <summary>Sentences that keep a word, with the reason.</summary>
    private static readonly Dictionary<string, string> allowed = new()
    {
        ["adaptor"] = "the output folder of a run, as Transformer Lab names it",
        ["tokenising"] = "a phase in events of earlier versions",
        ["processor"] = "a key of lineage.json",
        ["processors"] = "a key of tokenizer.json",
        ["licence"] = "a name of a file in model folders",
        ["licences"] = "a name of a file in model folders",
        ["LICENCE"] = "a name of a file in model folders",
    };

    [Fact]
    public void Texts_of_the_program_use_the_words_of_the_field() => Assert.Empty(
        from project in Sources.Projects
        from path in Directory.EnumerateFiles(Path.Combine(Sources.Root, project), "*", SearchOption.AllDirectories)
        where Path.GetExtension(path) is ".cs" or ".razor" or ".js" && !Regex.IsMatch(path, @"[\\/](obj|bin|lib)[\\/]")
        from problem in Problems(Path.GetRelativePath(Sources.Root, path), Texts(Path.GetExtension(path), File.ReadAllLines(path)))
        select problem);

    [Fact]
    public void Settings_use_the_words_of_the_field() => Assert.Empty(
        ParameterCatalog.Settings.SelectMany(setting => Problems(setting.Name, [(0, setting.Title), (0, setting.Help)])));

    [Fact]
    public void Documents_use_the_words_of_the_field() => Assert.Empty(
        from path in Directory.EnumerateFiles(Path.Combine(Fixtures.Root, "docs"), "*.md").Append(Path.Combine(Fixtures.Root, "README.md"))
        where Path.GetFileName(path) != "log.md"
        from problem in Problems(Path.GetFileName(path), File.ReadLines(path).Select((line, at) => (at + 1, Example().Replace(line, "0"))))
        select problem);

    [Fact]
    public void Public_names_use_the_words_of_the_field() => Assert.Empty(
        from assembly in Sources.Projects
        from type in Assembly.Load(assembly == "Unmask.Cli" ? "unmask" : assembly).GetExportedTypes()
        from name in type.GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly).Where(member => member is not MethodBase { IsSpecialName: true }).Select(member => member.Name).Append(type.Name)
        where name != nameof(TrainParameters.AdaptorName)
        from problem in Lexicon.ProblemsOfName(name)
        select $"{type.FullName}: {name}: {problem}");

    [Theory]
    [InlineData("The run goes on with 5 tokens a second.", 2)]
    [InlineData("A fresh model on the processor, from nothing", 3)]
    [InlineData("Trained in 4 bits; rows that are too long are left out.", 2)]
    [InlineData("The run resumes with 5 tokens/s on the CPU.", 0)]
    [InlineData("outputs/adaptor and adaptor_name keep their names, as 20260131-120000-adaptor does.", 0)]
    public void Words_are_found(string text, int problems) => Assert.Equal(problems, Lexicon.Problems(text).Count());

    [Theory]
    [InlineData(".razor", "<h2 class=\"chosen\">@told.Name tells @Format.Count(1)</h2>", 1)]
    [InlineData(".razor", "<Tile Label=\"@(wide ? \"Usual\" : \"Middle\")\" />", 2)]
    [InlineData(".cs", "var middle = told ? \"usual\" : $\"{middle} of it\"; // told", 1)]
    [InlineData(".js", "const told = `${middle} is the middle`, usual = 'told';", 2)]
    public void Texts_are_found_and_code_is_not(string extension, string line, int problems) =>
        Assert.Equal(problems, Texts(extension, [line]).SelectMany(text => Lexicon.Problems(text.Text)).Count());

    [Theory]
    [InlineData("AdaptorFolder", 1)]
    [InlineData("FindingState", 1)]
    [InlineData("Findings", 0)]
    [InlineData("AdapterFolder", 0)]
    public void Names_are_read_by_their_words(string name, int problems) => Assert.Equal(problems, Lexicon.ProblemsOfName(name).Count());

    private static IEnumerable<string> Problems(string place, IEnumerable<(int Line, string Text)> texts) =>
        from text in texts
        where !allowed.ContainsKey(text.Text)
        from problem in Lexicon.Problems(text.Text)
        select $"{place}:{text.Line}: {problem}, in: {text.Text.Trim()}";

    /// <summary>What of a source file a person reads.</summary>
    private static IEnumerable<(int Line, string Text)> Texts(string extension, IReadOnlyList<string> lines)
    {
        var markup = extension == ".razor";
        for (var at = 0; at < lines.Count; at++)
        {
            var line = lines[at].Trim();
            if (line.StartsWith("//", StringComparison.Ordinal) || line.StartsWith("@*", StringComparison.Ordinal) || (markup && Directive().IsMatch(line))) continue;
            markup &= !line.StartsWith("@code", StringComparison.Ordinal);
            foreach (var text in markup ? Written(line) : (extension == ".js" ? Quote() : QuotedText()).Matches(line).Select(match => match.Groups[1].Value))
            {
                if (Hole().Replace(text, "0") is { Length: > 0 } plain) yield return (at + 1, plain);
            }
        }
    }

    /// <summary>Texts between tags, and attributes and literals of a line of markup.</summary>
    private static IEnumerable<string> Written(string line) => Expression().Replace(line, "0").Split('"').SelectMany(part => part.Split('>')).Select(part => part.Split('<')[0]).Where(part => !Code().IsMatch(part));

    [GeneratedRegex("`[^`]*`")]
    private static partial Regex Example();

    [GeneratedRegex(@"""((?:[^""\\]|\\.)*)""")]
    private static partial Regex QuotedText();

    [GeneratedRegex(@"(?:'|`)((?:[^'`\\]|\\.)*)(?:'|`)")]
    private static partial Regex Quote();

    [GeneratedRegex(@"\$?\{[^{}]*\}")]
    private static partial Regex Hole();

    [GeneratedRegex(@"@[A-Za-z][\w.]*(\([^()""]*\))?")]
    private static partial Regex Expression();

    [GeneratedRegex(@"^@(using|inject|inherits|page|layout)\b|^(if|else|foreach|for|switch|case|default|var|break)\b")]
    private static partial Regex Directive();

    [GeneratedRegex(@"=>|&&|\|\||\?\?|;\s*$|\bis not null\b|\w\.\w+\(")]
    private static partial Regex Code();
}
