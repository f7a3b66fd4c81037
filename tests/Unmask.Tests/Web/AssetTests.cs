using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Unmask.Web.Assets;
using Xunit;

namespace Unmask.Tests.Web;

public sealed partial class AssetTests
{
    [Fact]
    public void What_others_made_is_as_they_made_it()
    {
        var readme = Encoding.UTF8.GetString(AssetStore.Find("lib/uplot/README.md")!.Plain);

        foreach (var file in (string[])["uPlot.iife.min.js", "uPlot.min.css"])
            Assert.Contains($"{Convert.ToHexStringLower(SHA256.HashData(AssetStore.Find("lib/uplot/" + file)!.Plain))}  {file}", readme);
        Assert.NotNull(AssetStore.Find("lib/uplot/LICENSE"));
    }

    [Fact]
    public void No_script_and_no_sheet_of_ours_names_another_host() => Assert.Empty(
        from path in AssetStore.Paths
        where !path.StartsWith("lib/", StringComparison.Ordinal) && path != "icon.svg"
        from Match match in Address().Matches(Encoding.UTF8.GetString(AssetStore.Find(path)!.Plain))
        select $"{path}: {match.Value}");

    [Fact]
    public void Every_element_that_pages_use_has_its_script()
    {
        var pages = Directory.EnumerateFiles(Path.Combine(Fixtures.Root, "src", "Unmask.Web"), "*.razor", SearchOption.AllDirectories).Where(path => !path.Contains("/obj/", StringComparison.Ordinal)).Select(File.ReadAllText);
        // The slider belongs to the form.
        var used = pages.SelectMany(text => Element().Matches(text).Select(match => match.Groups[1].Value)).Distinct().Except(["paired-range"]);

        Assert.DoesNotContain(used, name => AssetStore.Find($"js/elements/{name}.js") is null);
    }

    [GeneratedRegex("https?://[^\\s\"'`)]+")]
    private static partial Regex Address();

    [GeneratedRegex("<([a-z]+-[a-z-]+)")]
    private static partial Regex Element();
}
