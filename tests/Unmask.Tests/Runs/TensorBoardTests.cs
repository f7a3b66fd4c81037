using System.Buffers.Binary;
using System.Text;
using Unmask.Core.Events;
using Unmask.Core.Tracking;
using Unmask.Tests.Tracking;
using Xunit;

namespace Unmask.Tests.Runs;

/// <summary>Event files, read by a reader written for these tests alone: its own checksum, its own protocol buffers.</summary>
public class TensorBoardTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_checksum_of_this_reader_is_the_published_one() => Assert.Equal(0xE3069283u, Crc("123456789"u8));

    [Fact]
    public void A_file_starts_with_its_version_and_holds_curves_and_texts()
    {
        using var folder = new TemporaryFolder();
        string path;
        var writer = new TensorBoardWriter(folder.Path);
        using (var sink = new TensorBoardSink(writer))
        {
            path = writer.Path;
            sink.Write(new StepLogged(10, 0.5, double.NaN, Nll: 2.5, LearningRate: 1e-3) { Time = Noon });
            sink.Write(new RanksMeasured(10, [new(0, 100, 0.25, 1), new(1, 100, 0.75, 1)]) { Time = Noon });
            sink.Write(new EvaluationFinished(300, 1.5, EvalMaskedAccuracy: 0.25) { Time = Noon });
            sink.Write(new SamplesDrawn(300, [new("a|b", "c\nd", "e")]) { Time = Noon });
            sink.Write(new FinalEvaluation { Step = 301, Metrics = new Dictionary<string, double> { ["exact_words"] = 0.5 } });
        }

        Assert.Matches(@"events\.out\.tfevents\.\d{10}\.", Path.GetFileName(path));
        List<Dictionary<int, List<object>>> events = Records(path);
        Assert.Equal(["brain.Event:2"], events[0][3].Select(Utf8));
        Assert.Equal([1, 3], events[0].Keys.Order());

        List<(string Tag, long Step, float Value)> scalars = [.. events.Skip(1).SelectMany(Scalars)];
        Assert.Contains(("train/nll", 10L, 2.5f), scalars);
        Assert.Contains(("train/learning_rate", 10L, 1e-3f), scalars);
        Assert.Contains(("train/waiting_share", 10L, 0.5f), scalars);
        Assert.True(float.IsNaN(Assert.Single(scalars, scalar => scalar.Tag == "train/loss").Value));
        Assert.Contains(("eval/loss", 300L, 1.5f), scalars);
        Assert.Contains(("eval/masked_accuracy", 300L, 0.25f), scalars);
        Assert.Contains(("final/exact_words", 301L, 0.5f), scalars);
        Assert.DoesNotContain(scalars, scalar => scalar.Tag == "eval/nll");
        Assert.Equal(Noon.ToUnixTimeSeconds(), BitConverter.Int64BitsToDouble((long)(ulong)events[1][1][0]));

        Dictionary<int, List<object>> text = events.SelectMany(Values).Single(value => Utf8(value[1][0]) == "samples/text_summary");
        Dictionary<int, List<object>> tensor = Fields((byte[])text[8][0]);
        Assert.Equal(7UL, tensor[1][0]);
        Assert.Equal("| prompt | output | right answer |\n|---|---|---|\n| a\\|b | c<br>d | e |\n", Utf8(tensor[8][0]));
        Dictionary<int, List<object>> metadata = Fields((byte[])text[9][0]);
        Assert.Equal("text", Utf8(Fields((byte[])metadata[1][0])[1][0]));
    }

    [Fact]
    public void Settings_are_hyperparameters()
    {
        using var folder = new TemporaryFolder();
        var writer = new TensorBoardWriter(folder.Path);
        using (var sink = new TensorBoardSink(writer))
        {
            sink.Write(new RunStarted("id", "first", new Dictionary<string, object?> { ["batch_size"] = 8, ["lora"] = false, ["dtype"] = "bfloat16", ["model"] = null }, new Dictionary<string, string>(), new Dictionary<string, string>()) { Time = Noon });
            sink.Write(new RunFinished(RunOutcome.Failed, 1) { Time = Noon });
        }

        var told = Records(writer.Path).SelectMany(Values).Where(value => Utf8(value[1][0]).StartsWith("_hparams_/", StringComparison.Ordinal)).ToDictionary(value => Utf8(value[1][0]), value => new ProtoFields((byte[])value[9][0]).Message(1));
        Assert.All(told.Values, plugin => Assert.Equal("hparams", plugin.Text(1)));
        var experiment = told["_hparams_/experiment"].Message(2).Message(2);
        Assert.Equal([("batch_size", 3L), ("lora", 2L), ("dtype", 1L)], experiment.Messages(5).Select(one => (one.Text(1)!, one.Number(4))));
        Assert.Contains("eval/loss", experiment.Messages(6).Select(one => one.Message(1).Text(2)));
        var session = told["_hparams_/session_start_info"].Message(2).Message(3);
        Assert.Equal("bfloat16", session.Messages(1).Single(one => one.Text(1) == "dtype").Message(2).Text(3));
        Assert.Equal(2, told["_hparams_/session_end_info"].Message(2).Message(4).Number(1));
    }

    [Fact]
    public void Histograms_hold_every_value()
    {
        using var folder = new TemporaryFolder();
        var writer = new TensorBoardWriter(folder.Path);
        using (var sink = new TensorBoardSink(writer)) sink.Write(new WeightsSeen(7, [new WeightHistogram("a.weight", -1, 2, 3, 9, [1, 0, 5])]) { Time = Noon });

        var value = Assert.Single(Records(writer.Path).SelectMany(Values));
        Assert.Equal("weights/a.weight", Utf8(value[1][0]));
        var spread = Fields((byte[])value[5][0]);
        Assert.Equal([-1, 2, 6, 3, 9], Enumerable.Range(1, 5).Select(field => BitConverter.UInt64BitsToDouble((ulong)spread[field][0])));
        Assert.Equal([0.0, 1, 2], Doubles(spread[6][0]));
        Assert.Equal([1.0, 0, 5], Doubles(spread[7][0]));

        static double[] Doubles(object packed) => [.. ((byte[])packed).Chunk(8).Select(eight => BitConverter.ToDouble(eight))];
    }

    [Fact]
    public void A_resumed_run_goes_on_in_a_later_file_that_marks_the_step()
    {
        using var folder = new TemporaryFolder();
        using (var first = new TensorBoardWriter(folder.Path)) first.Scalars(Noon, 7, ("train/loss", 1));
        string path;
        using (var second = new TensorBoardWriter(folder.Path, resumedAfterStep: 5)) path = second.Path;
        string[] files = [.. Directory.GetFiles(folder.Path).Order(StringComparer.Ordinal)];
        Assert.Equal(2, files.Length);
        Assert.Equal(path, files[1]);
        List<Dictionary<int, List<object>>> events = Records(path);
        Assert.Equal(6UL, events[1][2][0]);
        Assert.Equal(1UL, Fields((byte[])events[1][7][0])[1][0]);
    }

    [Fact]
    public void Every_call_is_on_disk_at_once()
    {
        using var folder = new TemporaryFolder();
        using var writer = new TensorBoardWriter(folder.Path);
        for (int step = 1; step <= 3; step++)
        {
            writer.Scalars(Noon, step, ("a", step), ("b", -step));
            Assert.Equal(2 * step, Records(writer.Path).Skip(1).SelectMany(Scalars).Count());
        }
    }

    private static IEnumerable<(string Tag, long Step, float Value)> Scalars(Dictionary<int, List<object>> happened) =>
        Values(happened).Where(value => value.ContainsKey(2)).Select(value => (Utf8(value[1][0]), (long)(ulong)happened[2][0], BitConverter.UInt32BitsToSingle((uint)value[2][0])));

    private static IEnumerable<Dictionary<int, List<object>>> Values(Dictionary<int, List<object>> happened) =>
        happened.TryGetValue(5, out List<object>? summaries) ? summaries.SelectMany(summary => Fields((byte[])summary)[1]).Select(value => Fields((byte[])value)) : [];

    private static string Utf8(object bytes) => Encoding.UTF8.GetString((byte[])bytes);

    private static List<Dictionary<int, List<object>>> Records(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        List<Dictionary<int, List<object>>> records = [];
        for (int at = 0; at < bytes.Length;)
        {
            int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));
            Assert.Equal(Masked(bytes.AsSpan(at, 8)), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 8)));
            byte[] payload = bytes[(at + 12)..(at + 12 + length)];
            Assert.Equal(Masked(payload), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 12 + length)));
            records.Add(Fields(payload));
            at += length + 16;
        }

        return records;
    }

    private static uint Masked(ReadOnlySpan<byte> bytes)
    {
        uint crc = Crc(bytes);
        return unchecked(((crc >> 15) | (crc << 17)) + 0xA282EAD8u);
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        uint crc = 0xFFFFFFFF;
        foreach (byte one in bytes)
        {
            crc ^= one;
            for (int bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1;
        }

        return ~crc;
    }

    /// <summary>Field number to values: varints as ulong, 8 bytes as ulong, 4 bytes as uint, the rest as bytes.</summary>
    private static Dictionary<int, List<object>> Fields(byte[] message)
    {
        Dictionary<int, List<object>> fields = [];
        for (int at = 0; at < message.Length;)
        {
            ulong key = Varint(message, ref at);
            object value;
            switch (key & 7)
            {
                case 0:
                    value = Varint(message, ref at);
                    break;
                case 1:
                    value = BinaryPrimitives.ReadUInt64LittleEndian(message.AsSpan(at));
                    at += 8;
                    break;
                case 5:
                    value = BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(at));
                    at += 4;
                    break;
                default:
                    Assert.Equal(2UL, key & 7);
                    int length = (int)Varint(message, ref at);
                    value = message[at..(at + length)];
                    at += length;
                    break;
            }

            if (!fields.TryGetValue((int)(key >> 3), out List<object>? list)) fields[(int)(key >> 3)] = list = [];
            list.Add(value);
        }

        return fields;
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte one = message[at++];
            value |= (ulong)(one & 0x7F) << shift;
            if (one < 0x80) return value;
        }
    }
}
