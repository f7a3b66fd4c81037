using System.Text;
using Unmask.Core.Hub.Datasets;
using Unmask.Core.Hub.Downloads;
using Unmask.Core.Hub.Http;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Hub;

/// <summary>Datasets by their card, their files, or the Hub's export.</summary>
public sealed class HubDatasetTests
{
    private static readonly HubId Rows = new(HubKind.Dataset, "org/rows");

    [Fact]
    public async Task Files_are_taken_and_code_is_not()
    {
        await using var place = await HubPlace.Make();
        place.Fake.Add("org/rows", "datasets").With("README.md", "# rows").With("train.jsonl", "{}").With("data/test-00000.parquet", [1, 2]).With("rows.py", "x").With("picture.png", [1]);

        var got = await Get(place);

        Assert.Equal(["README.md", "data/test-00000.parquet", "train.jsonl"], got.Files);
        Assert.StartsWith(Path.Combine(place.Cache.Root, "datasets--org--rows", "snapshots"), got.Folder);
        Assert.Contains(place.Fake.Calls, call => call.Contains("/datasets/org/rows/resolve/"));
    }

    [Fact]
    public async Task A_card_says_which_files_a_configuration_and_its_splits_have()
    {
        await using var place = await HubPlace.Make();
        place.Fake.Add("org/rows", "datasets")
            .With("README.md", "---\nlicense: mit\nconfigs:\n- config_name: en\n  default: true\n  data_files:\n  - split: train_sft\n    path: en/a-*.jsonl\n  - split: test\n    path: [en/t.jsonl]\n- config_name: de\n  data_files: de/*.jsonl\n---\n# rows")
            .With("en/a-1.jsonl", "1").With("en/a-0.jsonl", "0").With("en/t.jsonl", "t").With("en/unused.jsonl", "u").With("de/x.jsonl", "x");
        using var client = place.Client();
        var data = new HubDatasets(client, place.Cache);

        var configs = await data.Configs(Rows);
        var en = await data.Get(Rows, null, null);
        var de = await data.Get(Rows, "de", null);
        var test = await data.Get(Rows, "en", "test");

        Assert.Equal(["de", "en"], configs.Keys.Order());
        Assert.Equal(["train_sft", "test"], configs["en"]);
        Assert.Equal(["test/00002-t.jsonl", "train_sft/00000-a-0.jsonl", "train_sft/00001-a-1.jsonl"], Below(en.Folder));
        Assert.Equal("1", File.ReadAllText(Path.Combine(en.Folder, "train_sft", "00001-a-1.jsonl")));
        Assert.Equal(["train/00000-x.jsonl"], Below(de.Folder));
        Assert.Equal(["test/00000-t.jsonl"], Below(test.Folder));
        Assert.Contains("en, de", (await Assert.ThrowsAsync<UserError>(() => data.Get(Rows, "fr", null))).Message);
        Assert.Contains("train_sft, test", (await Assert.ThrowsAsync<UserError>(() => data.Get(Rows, "en", "dev"))).Message);
        Assert.DoesNotContain(place.Fake.Calls, call => call.Contains("unused"));
    }

    [Fact]
    public async Task Several_configurations_and_none_named_is_told()
    {
        await using var place = await HubPlace.Make();
        place.Fake.Add("org/rows", "datasets").With("README.md", "---\nconfigs:\n- config_name: a\n  data_files: a.jsonl\n- config_name: b\n  data_files: b.jsonl\n---").With("a.jsonl", "a").With("b.jsonl", "b");

        var error = await Assert.ThrowsAsync<UserError>(() => Get(place));

        Assert.Contains("a, b", error.Message);
        Assert.Contains("org/rows[name:a]", error.Message);
    }

    [Fact]
    public async Task What_cannot_be_read_comes_as_the_export_also_without_the_Hub_later()
    {
        await using var place = await HubPlace.Make(withToken: true);
        var repository = place.Fake.Add("org/rows", "datasets").With("rows.py", "x").With("rows.zip", [1]);
        repository.Private = true;
        repository.With("plain/train/0000.parquet", Encoding.UTF8.GetBytes("first"), "refs/convert/parquet").With("plain/train/0001.parquet", Encoding.UTF8.GetBytes("second"), "refs/convert/parquet")
            .With("plain/test/0000.parquet", Encoding.UTF8.GetBytes("third"), "refs/convert/parquet");
        using var client = place.Client();

        var got = await new HubDatasets(client, place.Cache).Get(Rows, null, null);

        Assert.Equal(repository.CommitOf("refs/convert/parquet"), got.Commit);
        Assert.Equal(["test/00000-0000.parquet", "train/00001-0000.parquet", "train/00002-0001.parquet"], Below(got.Folder));
        Assert.Equal("second", File.ReadAllText(Path.Combine(got.Folder, "train", "00002-0001.parquet")));
        Assert.Equal(["plain"], (await new HubDatasets(client, place.Cache).Configs(Rows)).Keys);
        using var offline = place.Client(place.Elsewhere(place.Fake.Address, offline: true));
        Assert.Equal(got.Folder, (await new HubDatasets(offline, place.Cache).Get(Rows, null, null)).Folder);
    }

    [Fact]
    public async Task What_is_neither_readable_nor_exported_is_told()
    {
        await using var place = await HubPlace.Make();
        place.Fake.Add("org/rows", "datasets").With("rows.zip", [1]);
        Assert.Contains(".parquet", (await Assert.ThrowsAsync<UserError>(() => Get(place))).Message);
    }

    [Fact]
    public async Task Patterns_that_were_made_to_run_for_ever_do_not_and_too_many_are_told()
    {
        await using var place = await HubPlace.Make();
        var stars = string.Concat(Enumerable.Repeat("*a", 40));
        place.Fake.Add("org/rows", "datasets").With("README.md", $"---\nconfigs:\n- config_name: one\n  data_files:\n  - split: train\n    path: \"{stars}*b.jsonl\"\n- config_name: two\n  data_files: [{string.Join(", ", Enumerable.Repeat("a", 1001))}]\n---").With($"{new string('a', 90)}.jsonl", "1").With($"{new string('a', 90)}b.jsonl", "2");
        using var client = place.Client();
        var data = new HubDatasets(client, place.Cache);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));

        var got = await data.Get(Rows, "one", null, stop: patience.Token);

        Assert.EndsWith("b.jsonl", Assert.Single(Below(got.Folder)), StringComparison.Ordinal);
        Assert.Contains("1,001 patterns", (await Assert.ThrowsAsync<UserError>(() => data.Get(Rows, "two", null, stop: patience.Token))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_Hub_that_sends_JSON_without_end_is_told()
    {
        await using var place = await HubPlace.Make();
        place.Fake.Interfere = async (call, _) =>
        {
            if (!call.Request.Path.StartsWithSegments("/api")) return false;
            var block = new byte[1 << 20];
            block.AsSpan().Fill((byte)' ');
            try
            {
                for (var i = 0; i < 200; i++) await call.Response.Body.WriteAsync(block, call.RequestAborted);
            }
            catch (Exception gone) when (gone is IOException or OperationCanceledException)
            {
                // Nobody reads any more.
            }

            return true;
        };

        Assert.Contains("with more than 65,536 KiB of JSON", (await Assert.ThrowsAsync<UserError>(() => Get(place))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("data/*.parquet", "data/a.parquet", true)]
    [InlineData("data/*.parquet", "data/x/a.parquet", false)]
    [InlineData("**/*.jsonl", "a.jsonl", true)]
    [InlineData("**/*.jsonl", "x/y/a.jsonl", true)]
    [InlineData("data/train", "data/train/a.csv", true)]
    [InlineData("data/train-*-of-*", "data/train-0-of-1.csv", true)]
    [InlineData("./a.csv", "a.csv", true)]
    [InlineData("a?[0-9].csv", "ab7.csv", true)]
    [InlineData("a.csv", "b/a.csv", false)]
    [InlineData("a.csv", "axcsv", false)]
    public void Patterns_of_cards(string pattern, string path, bool matches) => Assert.Equal(matches, Core.Inputs.Glob.OfPaths(pattern).IsMatch(path));

    [Theory]
    [InlineData("# no card")]
    [InlineData("---\nconfigs: [\n---")]
    [InlineData("---\nconfigs: 3\n---")]
    [InlineData("---\nlicense: mit")]
    public void Cards_that_declare_nothing(string card) => Assert.Empty(DatasetCard.Configs(card));

    private static async Task<HubSnapshot> Get(HubPlace place)
    {
        using var client = place.Client();
        return await new HubDatasets(client, place.Cache).Get(Rows, null, null);
    }

    private static IEnumerable<string> Below(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(folder, path)).Order(StringComparer.Ordinal);
}
