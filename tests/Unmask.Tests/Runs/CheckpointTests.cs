using CsCheck;
using Unmask.Core.Events;
using Unmask.Core.Runs.Checkpoints;
using Unmask.Core.Storage;
using Unmask.Primitives;
using Unmask.Testing;
using Xunit;

namespace Unmask.Tests.Runs;

public class CheckpointTests
{
    private static CheckpointFolder Save(CheckpointStore shelf, long step, double? evalLoss = null, Func<string, Stream>? open = null)
    {
        using CheckpointDraft draft = shelf.Begin(step, CheckpointKind.Regular, "c0ffee", eventPosition: step * 100, evalLoss, open);
        using (Stream file = draft.Create("model/weights.bin")) file.Write(Content(step, 5000));
        using (Stream file = draft.Create("state.json")) file.Write("{}"u8);
        File.WriteAllBytes(Path.Combine(draft.Path, "direct.bin"), Content(step + 1, 100));
        return draft.Complete();
    }

    private static byte[] Content(long seed, int length)
    {
        var bytes = new byte[length];
        new Random((int)seed).NextBytes(bytes);
        return bytes;
    }

    [Fact]
    public void A_complete_checkpoint_verifies_and_holds_what_was_written()
    {
        using var folder = new TemporaryFolder();
        var shelf = new CheckpointStore(folder["checkpoints"]);
        CheckpointFolder saved = Save(shelf, 250, evalLoss: 1.5);
        Assert.Equal(folder["checkpoints/step-000250"], saved.Path);
        Assert.Null(saved.Fault());
        CheckpointManifest manifest = saved.Manifest!;
        Assert.Equal((250, 25000, 1.5, "c0ffee"), (manifest.Step, manifest.EventPosition, manifest.EvalLoss, manifest.ConfigSha256));
        Assert.Equal([("direct.bin", 100L), ("model/weights.bin", 5000L), ("state.json", 2L)], manifest.Files.Select(file => (file.Name, file.Bytes)));
        Assert.All(manifest.Files, file => Assert.Equal(FileDigest.Of(Path.Combine(saved.Path, file.Name)).Sha256, file.Sha256));
        Assert.Equal(Content(250, 5000), File.ReadAllBytes(Path.Combine(saved.Path, "model/weights.bin")));
    }

    /// <summary>UNMASK_FLIPS times; a few hundred by default.</summary>
    [Fact]
    public void A_flipped_bit_or_a_torn_file_is_always_found()
    {
        using var folder = new TemporaryFolder();
        var shelf = new CheckpointStore(folder["checkpoints"]);
        Save(shelf, 1);
        CheckpointFolder newest = Save(shelf, 2);
        Gen.Select(Gen.Int[0, 1_000_000], Gen.Int[0, 7], Gen.Bool, Gen.Int[0, 3]).Sample((where, bit, tear, which) => Damaged(shelf, newest, where, bit, tear, which), iter: Scale.Of("UNMASK_FLIPS", 500), threads: 1);
        Assert.Null(newest.Fault());
    }

    private static void Damaged(CheckpointStore shelf, CheckpointFolder newest, int where, int bit, bool tear, int which)
    {
        string path = Path.Combine(newest.Path, new[] { "model/weights.bin", "state.json", "direct.bin", "manifest.json" }[which]);
        byte[] whole = File.ReadAllBytes(path);
        byte[] bytes = [.. whole];
        if (tear) bytes = bytes[..(where % bytes.Length)];
        else bytes[where % bytes.Length] ^= (byte)(1 << bit);
        File.WriteAllBytes(path, bytes);

        (CheckpointFolder? used, IReadOnlyList<CheckpointRejected> rejected) = shelf.NewestThatVerifies();
        Assert.Equal(1, used?.Step);
        CheckpointRejected one = Assert.Single(rejected);
        Assert.Equal("checkpoints/step-000002", one.Path);
        Assert.StartsWith("Checkpoint step-000002 is not used because ", one.Message, StringComparison.Ordinal);
        Assert.EndsWith("; step-000001 is used instead.", one.Message, StringComparison.Ordinal);
        File.WriteAllBytes(path, whole);
    }

    [Fact]
    public void Missing_files_are_found_and_nothing_left_is_said()
    {
        using var folder = new TemporaryFolder();
        var shelf = new CheckpointStore(folder["checkpoints"]);
        CheckpointFolder only = Save(shelf, 7);
        File.Delete(Path.Combine(only.Path, "state.json"));
        (CheckpointFolder? used, IReadOnlyList<CheckpointRejected> rejected) = shelf.NewestThatVerifies();
        Assert.Null(used);
        Assert.Equal("Checkpoint step-000007 is not used because state.json is missing; there is no older one that is whole, so the run starts from the beginning.", Assert.Single(rejected).Message);
    }

    /// <summary>The disk fails after any number of written bytes: there is a sentence, no new checkpoint, and the old one is whole.</summary>
    [Theory]
    [InlineData(28, "The disk is full")]
    [InlineData(5, "cannot be written")]
    public void A_failing_disk_loses_nothing(int errno, string sentence)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The numbers of errors are those of Unix.");
        foreach (long room in new long[] { 0, 1, 4999, 5000, 5001, 5002, 5100, 5600 })
        {
            using var folder = new TemporaryFolder();
            var shelf = new CheckpointStore(folder["checkpoints"]);
            Save(shelf, 1);
            long left = room;
            Stream Open(string path) => new FailingStream(File.Create(path), count =>
            {
                if ((left -= count) < 0) throw new IOException("The system says no", errno);
            });
            UserError error = Assert.Throws<UserError>(() => Save(shelf, 1, open: Open));
            Assert.Contains(sentence, error.Message, StringComparison.Ordinal);
            Assert.Equal(errno == 28, StorageFailure.IsDiskFull(error));
            Assert.Throws<UserError>(() => Save(shelf, 2, open: Open));
            Assert.Equal(1, shelf.NewestThatVerifies().Checkpoint?.Step);
            Assert.Equal(["step-000001"], Directory.GetFileSystemEntries(shelf.Path).Select(Path.GetFileName));
        }
    }

    [Fact]
    public void Saving_a_step_again_replaces_it()
    {
        using var folder = new TemporaryFolder();
        var shelf = new CheckpointStore(folder["checkpoints"]);
        Save(shelf, 3, evalLoss: 2);
        Save(shelf, 3, evalLoss: 1);
        Assert.Equal(1, Assert.Single(shelf.All).Manifest?.EvalLoss);
        Assert.Single(Directory.GetFileSystemEntries(shelf.Path));
    }

    [Fact]
    public void What_an_interrupted_save_left_is_removed_or_put_back()
    {
        using var folder = new TemporaryFolder();
        var shelf = new CheckpointStore(folder["checkpoints"]);
        CheckpointFolder saved = Save(shelf, 3);
        CheckpointDraft abandoned = shelf.Begin(4, CheckpointKind.Regular, "", 0);
        using (Stream file = abandoned.Create("half")) file.Write("x"u8);
        Directory.Move(saved.Path, folder["checkpoints/.replaced-step-000003"]);
        Assert.Empty(shelf.All);
        shelf.CleanUp();
        Assert.Equal(["step-000003"], Directory.GetFileSystemEntries(shelf.Path).Select(Path.GetFileName));
        Assert.Null(saved.Fault());
    }

    [Fact]
    public void The_last_and_the_best_stay()
    {
        using var folder = new TemporaryFolder();
        var shelf = new CheckpointStore(folder["checkpoints"]);
        (long Step, double? Loss)[] history = [(10, 3), (20, 1), (30, null), (40, 1), (50, double.NaN), (60, 2)];
        foreach ((long step, double? loss) in history) Save(shelf, step, loss);
        Assert.Equal(20, shelf.Best?.Step);
        Assert.Equal([10L, 30L, 40L], shelf.Prune(keepLast: 2, keepBest: true).Select(one => one.Step));
        Assert.Equal([20L, 50L, 60L], shelf.All.Select(one => one.Step));
        shelf.Prune(keepLast: 1, keepBest: false);
        Assert.Equal([60L], shelf.All.Select(one => one.Step));
    }

    [Fact]
    public void What_a_person_keeps_stays_until_it_is_let_go()
    {
        using var folder = new TemporaryFolder();
        var shelf = new CheckpointStore(folder["checkpoints"]);
        foreach (long step in (long[])[10, 20, 30]) Save(shelf, step, null);
        shelf.All[0].Keep(true);
        Assert.Equal([20L], shelf.Prune(keepLast: 1, keepBest: false).Select(one => one.Step));
        Assert.Equal([(10L, true), (30L, false)], shelf.All.Select(one => (one.Step, one.IsKept)));
        Assert.Null(shelf.All[0].Fault());
        // One that takes its place is kept too.
        Save(shelf, 10, null);
        Assert.True(shelf.All[0].IsKept);
        shelf.All[0].Keep(false);
        shelf.Prune(keepLast: 1, keepBest: false);
        Assert.Equal(["step-000030"], Directory.GetFileSystemEntries(shelf.Path).Select(Path.GetFileName));
    }

    private sealed class FailingStream(Stream inner, Action<int> before) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => inner.Length;

        public override long Position { get => inner.Position; set => throw new NotSupportedException(); }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count)
        {
            before(count);
            inner.Write(buffer, offset, count);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
