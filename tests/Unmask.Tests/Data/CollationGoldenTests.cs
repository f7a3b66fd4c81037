using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Unmask.Engine.Data;
using Xunit;

namespace Unmask.Tests.Data;

/// <summary>Collators, random truncation and grouping against the originals' output (common.json).</summary>
public class CollationGoldenTests
{
    private static readonly JsonObject Common =
        JsonNode.Parse(File.ReadAllText(Path.Combine(Fixtures.Golden, "common", "common.json")))!.AsObject();

    private const string MultipleOf = "multiple_of_";

    private static int Pad => Special("pad");

    private static int Begin => Special("bos");

    private static int End => Special("eos");

    public static TheoryData<string> Collators => [.. Cases("collators").Select(node => (string)node["name"]!)];

    public static TheoryData<int> Truncations => [.. Enumerable.Range(0, Cases("random_truncate_when_it_fires").Count)];

    public static TheoryData<int> ResponseCuts => [.. Enumerable.Range(0, Cases("dream_sft_collator").Count)];

    public static TheoryData<int> Groups => [.. Enumerable.Range(0, Cases("tokenize_and_group").Count)];

    [Theory]
    [MemberData(nameof(Collators))]
    public void Batch_equals_the_original(string name)
    {
        var golden = Cases("collators").Single(node => (string)node["name"]! == name);
        var expected = golden["batch"]!;
        var examples = Examples(golden["features"]!);
        var (rows, labels) = (Rows(expected["input_ids"]!), Rows(expected["labels"]!));
        // What the original was told to do is seen in what it made.
        var begins = examples.Zip(rows).All(pair => pair.Second[0] == Begin && !pair.Second.AsSpan(0, pair.First.Ids.Length).SequenceEqual(pair.First.Ids));
        var collator = new Collator
        {
            PadId = Pad,
            SupervisePadding = examples.Zip(labels).Any(pair => pair.First.Ids.Length + (begins ? 1 : 0) < pair.Second.Length && pair.Second[^1] != Batch.IgnoredLabel),
            VisiblePadding = expected["attention_mask"] is null,
            WidthMultiple = name.IndexOf(MultipleOf, StringComparison.Ordinal) is >= 0 and var at ? int.Parse(name[(at + MultipleOf.Length)..].TakeWhile(char.IsAsciiDigit).ToArray(), CultureInfo.InvariantCulture) : 1,
            BeginId = begins ? Begin : null,
        };

        AssertEqual(expected, collator.Collate(examples));
    }

    [Theory]
    [MemberData(nameof(Truncations))]
    public void Cut_batch_equals_the_original(int index)
    {
        var golden = Cases("random_truncate_when_it_fires")[index];
        var collator = new Collator { PadId = Pad, SupervisePadding = false };
        var whole = collator.Collate(Examples(golden["features"]!));
        var labelsBefore = (int[])whole.Labels.Clone();

        AssertEqual(golden["batch"]!, RandomTruncation.Cut(whole, (int)golden["kept_length"]!));
        Assert.Equal(labelsBefore, whole.Labels);
    }

    [Theory]
    [MemberData(nameof(ResponseCuts))]
    public void Cut_responses_equal_the_original(int index)
    {
        var golden = Cases("dream_sft_collator")[index];
        var examples = Examples(golden["features"]!);
        Assert.Equal(golden["features"]!.AsArray().Select(feature => (int)feature!["prompt_len"]!), examples.Select(example => example.PromptLength));
        // Labels of padding hold the pad id; attention does not see it.
        var collator = new Collator { PadId = Pad, SupervisePadding = true, VisiblePadding = false };
        AssertEqual(golden["batch"]!, (string)golden["mode"]! == "per_batch"
            ? collator.Collate(ResponseCut.Keep(examples, (int)golden["kept_response_length"]!))
            : ResponseCut.Narrow(collator.Collate(examples), (int)golden["cut_length"]!));
    }

    [Theory]
    [MemberData(nameof(Groups))]
    public void Groups_equal_the_original(int index)
    {
        var golden = Cases("tokenize_and_group")[index];
        var documents = golden["texts"]!.AsArray()
            .Select(text => ((string)text!).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => int.Parse(word[1..])).ToArray());
        var groups = new TokenGroups
        {
            RowLength = (int)golden["seq_length"]!,
            EndId = (bool)golden["insert_eos"]! ? End : null,
            DropTail = (bool)golden["drop_tail"]!,
        };

        Assert.Equal(Rows(golden["result"]!["input_ids"]!), groups.Cut(documents).ToArray());
    }

    [Fact]
    public void Begin_token_is_seen_but_never_scored()
    {
        var golden = Common["prepend_bos"]!;
        foreach (var (ids, labels) in Rows(golden["input_ids"]!).Zip(Rows(golden["labels"]!)))
        {
            var prompt = labels.Skip(1).TakeWhile(label => label == Batch.IgnoredLabel).Count();
            var batch = new Collator { PadId = Pad, BeginId = Begin }.Collate([new Example(0, ids[1..], prompt)]);
            Assert.Equal(ids, batch.Ids);
            Assert.Equal(labels, batch.Labels);
            Assert.Equal(prompt + 1, batch.PromptLengths[0]);
        }
    }

    [Fact]
    public void A_begin_token_may_be_left_to_batches_that_need_it()
    {
        var collator = new Collator { PadId = 0, BeginId = 1, BeginWhereScored = true };
        Assert.Equal([11, 12, 13], collator.Collate([new Example(0, [11, 12, 13], 1)]).Ids);
        Assert.Equal([1, 11, 12, 13, 1, 14, 15, 0], collator.Collate([new Example(0, [11, 12, 13], 1), new Example(1, [14, 15], 0)]).Ids);
    }

    [Fact]
    public void Supervised_padding_is_seen_and_scored_by_default()
    {
        var batch = new Collator { PadId = 9 }.Collate([new Example(7, [1, 2, 3, 4], 2), new Example(5, [1, 2], 1)], firstOrderIndex: 40);

        Assert.Equal([-100, -100, 3, 4, -100, 2, 9, 9], batch.Labels);
        Assert.Equal([4, 4], batch.Lengths);
        Assert.Equal([7, 5], batch.ExampleIndex);
        Assert.Equal([40, 41], batch.OrderIndex);
        Assert.Equal(5, batch.Maskable);
    }

    [Fact]
    public void Ignored_padding_is_neither_seen_nor_scored()
    {
        var batch = new Collator { PadId = 9, SupervisePadding = false }.Collate([new Example(0, [1, 2, 3, 4], 2), new Example(1, [1, 2], 1)]);

        Assert.Equal([-100, -100, 3, 4, -100, 2, -100, -100], batch.Labels);
        Assert.Equal([4, 2], batch.Lengths);
    }

    [Fact]
    public void Truncation_fires_as_often_as_asked_and_draws_every_length()
    {
        var drawn = Enumerable.Range(0, 20_000).Select(i => RandomTruncation.DrawLength(0.25, 4, seed: 1, i)).ToArray();
        var lengths = drawn.OfType<int>().ToArray();

        Assert.InRange(lengths.Length, 4_700, 5_300);
        for (var length = 1; length <= 4; length++) Assert.InRange(lengths.Count(l => l == length), 1_100, 1_400);
        Assert.All(lengths, length => Assert.InRange(length, 1, 4));
        Assert.Equal(drawn[77], RandomTruncation.DrawLength(0.25, 4, seed: 1, 77));
        Assert.Null(RandomTruncation.DrawLength(0, 4, seed: 1, 3));
    }

    private static int Special(string name) => (int)Common["special_ids"]![name]!;

    private static List<JsonNode> Cases(string name) => [.. Common[name]!.AsArray().Select(node => node!)];

    private static int[][] Rows(JsonNode node) => node.Deserialize<int[][]>()!;

    private static Example[] Examples(JsonNode features) => [.. features.AsArray().Select((feature, i) =>
    {
        var labels = feature!["labels"].Deserialize<int[]>()!;
        return new Example(i, feature["input_ids"].Deserialize<int[]>()!, labels.TakeWhile(label => label == Batch.IgnoredLabel).Count());
    })];

    private static void AssertEqual(JsonNode expected, Batch batch)
    {
        Assert.Equal(Rows(expected["input_ids"]!), batch.Ids.Chunk(batch.Width).ToArray());
        Assert.Equal(Rows(expected["labels"]!), batch.Labels.Chunk(batch.Width).ToArray());
        var seen = batch.Lengths.Select(length => Enumerable.Range(0, batch.Width).Select(i => i < length ? 1 : 0).ToArray()).ToArray();
        if (expected["attention_mask"] is { } mask) Assert.Equal(Rows(mask), seen);
        else Assert.All(batch.Lengths, length => Assert.Equal(batch.Width, length));
    }
}
