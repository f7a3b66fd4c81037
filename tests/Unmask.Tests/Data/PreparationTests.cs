using System.Text.Json.Nodes;
using Unmask.Core.Parameters;
using Unmask.Engine.Data;
using Unmask.Engine.Data.Preparation;
using Unmask.Engine.Data.Rows;
using Unmask.Engine.Data.Rows.Values;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Data;

/// <summary>A toy encoder stands for tokenizer and template: each letter of prompt and response is a token.</summary>
public sealed class PreparationTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Everything_that_happens_to_rows_is_counted()
    {
        var path = folder.Write("train.jsonl", string.Join('\n',
            Line("ab", "cd"), "{broken", Line("abcdefgh", "x"), Line("ab", "cdefghijkl"), Line("ab", ""), "{\"other\": 1}", Line("a", "b")));
        using var data = Prepare(new DataSettings { Dataset = path, MaxLength = 8, Evaluation = false });
        var read = data.Report.Read;

        Assert.Equal(5, read.RowsRead);
        Assert.Equal(2, read.BadLines);
        Assert.Equal([2, 6], read.FirstBadLines.Select(line => line.Line).Order());
        Assert.Equal(3, read.Kept);
        Assert.Equal(1, read.Truncated);
        Assert.Equal(1, read.PromptFillsLimit);
        Assert.Equal(1, read.NothingToTrain);
        Assert.Equal(2, read.Dropped);
        Assert.Equal(5, read.Rules["toy"]);
        Assert.Equal(4 + 8 + 2, read.Tokens);
        Assert.Equal(5, read.Lengths.Sum(bucket => bucket.Rows));
        Assert.Equal(4, read.MedianLength);
        Assert.Equal(["abcd", "abcdefgh", "ab"], Texts(data.Train));
        Assert.Equal([2, 2, 1], Enumerable.Range(0, 3).Select(data.Train.PromptLengthOf));
        Assert.Null(data.Eval);
    }

    [Fact]
    public void Filter_leaves_long_rows_out()
    {
        var path = folder.Write("train.jsonl", string.Join('\n', Line("ab", "cd"), Line("ab", "cdefghijkl")));
        using var data = Prepare(new DataSettings { Dataset = path, MaxLength = 8, Truncation = Truncation.Filter });
        Assert.Equal(1, data.Report.Read.TooLong);
        Assert.Equal(["abcd"], Texts(data.Train));
    }

    [Fact]
    public void Held_out_rows_are_disjoint_seeded_and_never_torn_from_their_doubles()
    {
        // 400 rows, each of 100 texts four times: doubles must not lie on both sides.
        var path = Rows("train.jsonl", Enumerable.Range(0, 400).Select(i => i % 100));
        (List<string> Train, List<string> Eval) Of(long seed, string name)
        {
            using var data = Prepare(new DataSettings { Dataset = path, Seed = seed }, name);
            Assert.True(data.Report.HeldOut);
            Assert.Equal(400, data.Report.TrainRows + data.Report.EvalRows);
            return (Texts(data.Train), Texts(data.Eval!));
        }

        var first = Of(1, "a");
        Assert.Equal(40, first.Eval.Count);
        Assert.Empty(first.Train.Intersect(first.Eval));
        Assert.Equal(Enumerable.Range(0, 400).Select(i => $"p{i % 100}r{i % 100 * 31 % 997}").Where(text => !first.Eval.Contains(text)), first.Train);
        var again = Of(1, "b");
        Assert.Equal(first.Train, again.Train);
        Assert.Equal(first.Eval, again.Eval);
        Assert.NotEqual(first.Eval, Of(2, "c").Eval);
    }

    [Fact]
    public void Held_out_share_is_exact_without_doubles()
    {
        using var data = Prepare(new DataSettings { Dataset = Rows("a.jsonl", Enumerable.Range(0, 101)) });
        Assert.Equal(11, data.Eval!.Count);
        Assert.Equal(90, data.Train.Count);
        Assert.Equal(data.Train.Fingerprint, data.Report.TrainFingerprint);
        Assert.Equal(data.Eval.Fingerprint, data.Report.EvalFingerprint);
    }

    [Fact]
    public void Few_rows_go_without_evaluation_and_say_so()
    {
        using var data = Prepare(new DataSettings { Dataset = Rows("a.jsonl", Enumerable.Range(0, 9)) });
        Assert.Equal(9, data.Train.Count);
        Assert.Null(data.Eval);
        Assert.Contains("9 usable rows", Assert.Single(data.Report.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Limits_hold_and_stay_disjoint()
    {
        using var data = Prepare(new DataSettings { Dataset = Rows("a.jsonl", Enumerable.Range(0, 500)), TrainRows = 60, EvalRows = 40 });
        Assert.Equal((60, 40), (data.Train.Count, data.Eval!.Count));
        Assert.Empty(Texts(data.Train).Intersect(Texts(data.Eval)));
        Assert.Equal(100, data.Report.Read.RowsRead);

        using var few = Prepare(new DataSettings { Dataset = Rows("b.jsonl", Enumerable.Range(0, 50)), TrainRows = 60, EvalRows = 40 }, "few");
        Assert.Equal((30, 20), (few.Train.Count, few.Eval!.Count));
    }

    [Fact]
    public void Named_splits_are_used_with_their_limits()
    {
        Rows("d/train.jsonl", Enumerable.Range(0, 30));
        Rows("d/validation.jsonl", Enumerable.Range(100, 20));
        Rows("d/test.jsonl", Enumerable.Range(200, 10));
        using var data = Prepare(new DataSettings { Dataset = folder["d"], EvalRows = 5 });
        Assert.Equal(30, data.Train.Count);
        Assert.Equal(5, data.Eval!.Count);
        Assert.False(data.Report.HeldOut);
        Assert.StartsWith("p100", Texts(data.Eval)[0], StringComparison.Ordinal);

        using var test = Prepare(new DataSettings { Dataset = folder["d"], EvalDatasetSplit = "test" }, "test");
        Assert.Equal(10, test.Eval!.Count);
        var error = Assert.Throws<UserError>(() => Prepare(new DataSettings { Dataset = folder["d/train.jsonl"], EvalDatasetSplit = "test" }, "none"));
        Assert.Contains("eval_dataset_split is 'test'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluation_rows_that_are_also_trained_on_are_told()
    {
        using var data = Prepare(new DataSettings { Dataset = Rows("a.jsonl", Enumerable.Range(0, 30)), EvalDataset = Rows("b.jsonl", Enumerable.Range(25, 10)) });
        Assert.Equal(10, data.Eval!.Count);
        Assert.StartsWith("5 of the 30 training rows", Assert.Single(data.Report.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Prepared_rows_are_used_again_until_something_changes()
    {
        var path = Rows("a.jsonl", Enumerable.Range(0, 50));
        var settings = new DataSettings { Dataset = path };
        var encoded = 0;
        PreparedData Again(DataSettings settings, string encoding = "toy")
        {
            encoded = 0;
            return new DataPreparation(settings, _ => row => { Interlocked.Increment(ref encoded); return Toy(row); }, encoding).Prepare(folder["prepared"]);
        }

        using (var first = Again(settings)) Assert.False(first.Reused);
        using (var again = Again(settings with { Workers = 1 }))
        {
            Assert.True(again.Reused);
            Assert.Equal(0, encoded);
            Assert.Equal(45, again.Train.Count);
            Assert.Equal(50, again.Report.Read.RowsRead);
        }

        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddDays(1));
        using (var touched = Again(settings)) Assert.True(touched.Reused);
        using (var other = Again(settings with { MaxLength = 5 })) Assert.False(other.Reused);
        using (var tokenizer = Again(settings, "another")) Assert.False(tokenizer.Reused);
        using (var tokenizer = Again(settings, "another")) Assert.True(tokenizer.Reused);
        File.AppendAllText(path, Line("new", "row") + "\n");
        using (var changed = Again(settings, "another")) Assert.Equal(51, encoded);

        // A flipped byte in the prepared rows is found, and they are prepared again.
        var tokens = Path.Combine(folder["prepared"], "train", "tokens.bin");
        var bytes = File.ReadAllBytes(tokens);
        bytes[8] ^= 1;
        File.WriteAllBytes(tokens, bytes);
        using (var mended = Again(settings, "another")) Assert.False(mended.Reused);
    }

    [Fact]
    public void Preparation_that_is_stopped_leaves_nothing_and_can_be_begun_again()
    {
        var path = Rows("a.jsonl", Enumerable.Range(0, 5000));
        using var stop = new CancellationTokenSource();
        var preparation = new DataPreparation(new DataSettings { Dataset = path }, _ => Toy, "toy");
        Assert.ThrowsAny<OperationCanceledException>(() => preparation.Prepare(folder["prepared"], progress => { if (progress.Done > 1000 && progress.Phase == "tokenizing") stop.Cancel(); }, stop.Token));
        Assert.False(Directory.Exists(folder["prepared"]));
        Assert.False(Directory.Exists(folder["prepared"] + ".partial"));

        // As after a kill: a half-made folder lies there.
        folder.Write("prepared.partial/train/tokens.bin", "half");
        using var data = preparation.Prepare(folder["prepared"]);
        Assert.Equal(5000, data.Train.Count + data.Eval!.Count);
    }

    [Fact]
    public void Order_does_not_depend_on_the_number_of_threads()
    {
        var path = Rows("a.jsonl", Enumerable.Range(0, 3000));
        string Of(int workers)
        {
            using var data = Prepare(new DataSettings { Dataset = path, Workers = workers, Evaluation = false }, "w" + workers);
            return data.Train.Fingerprint;
        }

        Assert.Equal(Of(1), Of(8));
    }

    [Fact]
    public void Fault_of_ours_in_a_worker_is_not_taken_for_a_bad_line()
    {
        var path = Rows("a.jsonl", Enumerable.Range(0, 300));
        Assert.Throws<InvalidOperationException>(() => new DataPreparation(new DataSettings { Dataset = path }, _ => _ => throw new InvalidOperationException(), "x").Prepare(folder["p"]));
    }

    [Fact]
    public void Pretraining_rows_are_cut_from_the_joined_texts()
    {
        var path = folder.Write("a.txt", "abc\n\ndefgh\n\nij\n");
        using var data = Prepare(new DataSettings { Dataset = path, Pretrain = true, MaxLength = 4, EndId = '.', Evaluation = false });
        Assert.Equal(["abc.", "defg", "h.ij"], Texts(data.Train));
        Assert.Equal(3, data.Report.Read.RowsRead);

        using var tail = Prepare(new DataSettings { Dataset = path, Pretrain = true, MaxLength = 4, EndId = '.', DropTail = false, Evaluation = false }, "tail");
        Assert.Equal(["abc.", "defg", "h.ij", "."], Texts(tail.Train));
    }

    [Theory]
    [InlineData("", "the files are empty")]
    [InlineData("{\n", "1 records are bad, the first at")]
    [InlineData("{\"prompt\": \"aaaaaaaaa\", \"response\": \"b\"}\n{\"prompt\": \"a\", \"response\": \"\"}", "alone fills max_length (8); 1 rows have nothing after their prompt")]
    public void No_usable_row_is_an_error_that_tells_why(string text, string reason)
    {
        var path = folder.Write("a.jsonl", text);
        var error = Assert.Throws<UserError>(() => Prepare(new DataSettings { Dataset = path, MaxLength = 8 }));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["prepared"]));
    }

    [Fact]
    public void Encoder_is_chosen_by_the_first_rows_of_each_data_set()
    {
        var settings = new DataSettings { Dataset = Rows("a.jsonl", Enumerable.Range(0, 90)), EvalDataset = folder.Write("b.csv", "q,a\nx,y\n") };
        var looks = new List<string>();
        using var data = new DataPreparation(settings, first =>
        {
            looks.Add($"{first.Count}: {string.Join(',', first[0].Values.Keys)}");
            return first[0].Values.ContainsKey("q") ? _ => new EncodedRow([1, 2], 1, "q/a") : Toy;
        }, "x").Prepare(folder["prepared"]);

        Assert.Equal(["1: q,a", "64: prompt,response"], looks);
        Assert.Equal(1, data.Report.EvalRead!.Rules["q/a"]);
        Assert.Equal(90, data.Report.Read.RowsRead);
    }

    [Fact]
    public void Columns_that_nobody_reads_are_not_decoded_for_the_first_look_either()
    {
        // The page of the last column is empty, so that reading a value of it is a fault.
        var maker = new ParquetMaker { Rows = 2 }.Root(3).Column("prompt", 0, [], [0, 0], 0, ["a", "b"]).Column("response", 0, [], [0, 0], 0, ["c", "d"]).Column("video", 0, [], [0, 0], 0, []);
        File.WriteAllBytes(folder["a.parquet"], maker.File());
        var settings = new DataSettings { Dataset = folder["a.parquet"], Evaluation = false };
        IEnumerable<string> names = [];
        var preparation = new DataPreparation(settings, first => { names = first[0].Values.Keys; return Toy; }, "toy", columns: new RowColumns().MayBeRead());
        using var data = preparation.Prepare(folder["prepared"]);
        Assert.Equal(["ac", "bd"], Texts(data.Train));
        Assert.Equal(["prompt", "response", "video"], names);
        Assert.Throws<UserError>(() => Prepare(settings, "all"));
    }

    [Fact]
    public void Work_that_is_stopped_finishes_no_chunk()
    {
        using var stop = new CancellationTokenSource();
        var done = 0;
        int Work(int item)
        {
            if (Interlocked.Increment(ref done) == 3) stop.Cancel();
            return item;
        }

        Assert.ThrowsAny<OperationCanceledException>(() => OrderedParallel.Map(Enumerable.Range(0, 100), Work, workers: 1, stop.Token).Count());
        Assert.Equal(3, done);
    }

    [Fact]
    public void Settings_of_a_run_are_taken_over()
    {
        var settings = DataSettings.From(new TrainParameters { Dataset = "x", Pretrain = true, MaxLength = 77, DatasetFormat = DatasetFormat.Txt, EvalSplit = 0.2 }, endId: 5);
        Assert.Equal((77, 5, 0.2, Engine.Data.Files.TextUnit.Paragraph), (settings.MaxLength, settings.EndId, settings.EvalSplit, settings.TextUnit));
        Assert.Null(DataSettings.From(new TrainParameters { Dataset = "x" }, endId: 5).EndId);
        Assert.Contains("insert_eos", Assert.Throws<UserError>(() => DataSettings.From(new TrainParameters { Dataset = "x", Pretrain = true }, endId: null)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Folder_that_cannot_be_written_is_a_sentence()
    {
        var path = Rows("a.jsonl", Enumerable.Range(0, 20));
        var error = Assert.Throws<UserError>(() => Prepare(new DataSettings { Dataset = path }, "a.jsonl/prepared"));
        Assert.Contains("cannot be written", error.Message, StringComparison.Ordinal);
    }

    private static EncodedRow Toy(Row row)
    {
        if (row.Values.TryGetValue("text", out var text)) return new EncodedRow([.. ((string)text!).Select(c => (int)c)], 0, "text");
        if (!row.Values.ContainsKey("prompt")) throw new UserError("The row has no prompt.");
        var prompt = (string)row.Values["prompt"]!;
        return new EncodedRow([.. (prompt + (string)row.Values["response"]!).Select(c => (int)c)], prompt.Length, "toy");
    }

    private static string Line(string prompt, string response) => new JsonObject { ["prompt"] = prompt, ["response"] = response }.ToJsonString();

    private static List<string> Texts(ExampleStore store) =>
        [.. Enumerable.Range(0, store.Count).Select(row => new string([.. store[row].Ids.Select(id => (char)id)]))];

    private string Rows(string name, IEnumerable<int> numbers) =>
        folder.Write(name, string.Concat(numbers.Select(i => Line($"p{i}", $"r{i * 31 % 997}") + "\n")));

    private PreparedData Prepare(DataSettings settings, string name = "prepared") => new DataPreparation(settings, _ => Toy, "toy").Prepare(folder[name]);
}
