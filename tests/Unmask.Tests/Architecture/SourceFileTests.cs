using System.Text.RegularExpressions;
using Xunit;

namespace Unmask.Tests.Architecture;

public sealed partial class SourceFileTests(ITestOutputHelper output)
{
    private const int SoftLimit = 400;
    private const int HardLimit = 700;

    [Fact]
    public void Files_are_small()
    {
        var lengths = Sources.Files.Select(file => (file.Relative, Lines: File.ReadLines(file.Path).Count())).ToList();
        foreach (var (file, lines) in lengths.Where(file => file.Lines > SoftLimit)) output.WriteLine($"{file} has {lines} lines; above {SoftLimit} a file wants to be two.");

        Assert.DoesNotContain(lengths, file => file.Lines > HardLimit);
    }

    [Fact]
    public void A_files_namespace_is_its_folder() =>
        Assert.Empty(
            from file in Sources.Files
            let declared = NamespaceLine().Match(File.ReadAllText(file.Path))
            where declared.Success && declared.Groups[1].Value != Path.GetDirectoryName(file.Relative)!.Replace('/', '.').Replace('\\', '.')
            select $"{file.Relative}: {declared.Groups[1].Value}");

    /// <summary>As <c>dotnet format</c> sorts them: System's first. The build, which enforces every other rule of style, does not see it.</summary>
    [Fact]
    public void Usings_are_in_order() =>
        Assert.Empty(
            from file in Sources.Files.Concat(Sources.Tests)
            let names = File.ReadLines(file.Path).TakeWhile(line => !line.StartsWith("namespace", StringComparison.Ordinal)).Select(line => UsingLine().Match(line)).Where(line => line.Success).Select(line => line.Groups[1].Value).ToList()
            where !names.SequenceEqual(names.OrderBy(name => !(name + ".").StartsWith("System.", StringComparison.Ordinal)).ThenBy(name => name.Replace('.', '\0'), StringComparer.OrdinalIgnoreCase))
            select file.Relative);

    /// <summary>What differs between models is a property of their catalog entry, never a question asked elsewhere.</summary>
    [Fact]
    public void Nobody_outside_the_modeling_folder_asks_which_model_it_is()
    {
        var models = Path.Combine(Sources.Root, "Unmask.Engine", "Modeling", "Architectures");
        var architectures = Directory.EnumerateDirectories(models).Select(folder => Regex.Escape(Path.GetFileName(folder))).ToList();
        var question = new Regex($@"\bmodel\s+(is|as)\s+(?!(not\s+)?null\b)|\b(is|as)\s+(not\s+)?({string.Join('|', architectures.DefaultIfEmpty("BertForMaskedLM"))})\w*\b|\bmodel\.GetType\(\)");

        Assert.Empty(
            from file in Sources.Files
            where !file.Relative.StartsWith("Unmask.Engine/Modeling/", StringComparison.Ordinal)
            from line in File.ReadLines(file.Path).Select((text, index) => (text, number: index + 1))
            where !line.text.TrimStart().StartsWith("//", StringComparison.Ordinal) && question.IsMatch(QuotedText().Replace(line.text, "\"\""))
            select $"{file.Relative}:{line.number}: {line.text.Trim()}");
    }

    [Fact]
    public void No_warning_is_switched_off_in_the_sources() =>
        Assert.Empty(Sources.Files.Where(file => File.ReadAllText(file.Path).Contains("#pragma warning disable")).Select(file => file.Relative));

    /// <summary>What is drawn from the one generator of the process depends on what was drawn before: on batches, processes and stops.</summary>
    [Fact]
    public void Training_draws_nothing_from_the_generator_of_the_process() =>
        Assert.Empty(
            from file in Sources.Files
            where file.Relative.StartsWith("Unmask.Engine/", StringComparison.Ordinal)
            from line in File.ReadLines(file.Path).Select((text, index) => (text, number: index + 1))
            where !line.text.TrimStart().StartsWith("//", StringComparison.Ordinal) && ProcessGenerator().IsMatch(line.text)
            select $"{file.Relative}:{line.number}: {line.text.Trim()}");

    [GeneratedRegex(@"manual_seed\(|Generator\.Default|functional\.(alpha_)?dropout|[^.\w]dropout\(|\brand\w*_like\(|\b(bernoulli|multinomial)_?\(")]
    private static partial Regex ProcessGenerator();

    [GeneratedRegex("""
        "([^"\\]|\\.)*"
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex QuotedText();

    [GeneratedRegex(@"^using ([\w.]+);")]
    private static partial Regex UsingLine();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();
}
