using System.Text.RegularExpressions;
using Xunit;

namespace Unmask.Tests.Architecture;

/// <summary>docs/papers.md says where in the code a paper is: every file, folder and member that it names must be there.</summary>
public sealed partial class PaperTests
{
    private static readonly string Code = Path.Combine(Sources.Root, "Unmask.Engine");
    private static readonly string Tests = Path.Combine(Fixtures.Root, "tests", "Unmask.Tests");

    [Fact]
    public void Whatever_papers_name_is_there()
    {
        var rows = File.ReadLines(Path.Combine(Fixtures.Root, "docs", "papers.md")).Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(1).ToList();
        Assert.True(rows.Count > 5);
        Assert.Empty(rows.SelectMany(row => row.Trim('|').Split('|') is [_, _, var code, var tests] ? Missing(code, Code, "").Concat(Missing(tests, Tests, ".cs")) : [$"four columns are expected: {row}"]));
    }

    [Theory]
    [InlineData("`Nowhere.cs`: `Member`", "Nowhere.cs")]
    [InlineData("`Tensors/Philox.cs`: `Blocks`", "Blocks in Tensors/Philox.cs")]
    [InlineData("`Tensors/Philox.cs`: `Block`; `Modeling/Nobody/`", "Modeling/Nobody/")]
    [InlineData("", "nothing is named")]
    public void What_is_not_there_is_found(string cell, string expected) => Assert.Equal([expected], Missing(cell, Code, ""));

    /// <summary>Names in a cell that lead nowhere: a file or folder, or a member that the file before it does not have.</summary>
    private static IEnumerable<string> Missing(string cell, string root, string ending)
    {
        var (file, names) = ("", Quoted().Matches(cell).Select(match => match.Groups[1].Value).ToList());
        if (names.Count == 0) yield return "nothing is named";
        foreach (var name in names)
        {
            if (name.Contains('/') || name.EndsWith(".cs", StringComparison.Ordinal))
            {
                file = name;
                if (!Path.Exists(Path.Combine(root, name + ending))) yield return name;
            }
            else if (File.Exists(Path.Combine(root, file + ending)) && !Regex.IsMatch(File.ReadAllText(Path.Combine(root, file + ending)), $@"\b{Regex.Escape(name)}\b"))
            {
                yield return $"{name} in {file}";
            }
        }
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();
}
