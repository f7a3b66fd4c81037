using Unmask.Engine.Data;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Data;

public class ExampleStoreTests
{
    private static readonly (int[] Ids, int Prompt)[] Rows = [([5, 6, 7], 1), ([], 0), ([1], 0), ([.. Enumerable.Range(0, 5000)], 4999)];

    [Fact]
    public void Rows_come_back_as_written()
    {
        using var folder = new TemporaryFolder();
        Write(folder["store"], Rows);
        using var store = ExampleStore.Open(folder["store"]);

        store.Verify();
        Assert.Equal(4, store.Count);
        Assert.Equal(5004, store.Tokens);
        Assert.Equal(5000, store.LongestRow);
        foreach (var i in new[] { 3, 0, 2, 1 })
        {
            Assert.Equal(i, store[i].Index);
            Assert.Equal(Rows[i].Ids, store[i].Ids);
            Assert.Equal(Rows[i].Ids, store.IdsOf(i).ToArray());
            Assert.Equal(Rows[i].Prompt, store[i].PromptLength);
            Assert.Equal(Rows[i].Ids.Length, store.LengthOf(i));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => store.LengthOf(4));
        Assert.Throws<ArgumentOutOfRangeException>(() => store[-1]);
    }

    [Fact]
    public void Index_takes_sixteen_bytes_a_row()
    {
        using var folder = new TemporaryFolder();
        Write(folder["store"], Rows);
        Assert.Equal(4 * 16, new FileInfo(Path.Combine(folder["store"], "index.bin")).Length);
        Assert.Equal(5004 * 4, new FileInfo(Path.Combine(folder["store"], "tokens.bin")).Length);
    }

    [Fact]
    public void Fingerprint_follows_the_content()
    {
        using var folder = new TemporaryFolder();
        Write(folder["a"], ([1, 2, 3], 1));
        Write(folder["b"], ([1, 2, 3], 1));
        Write(folder["c"], ([1, 2, 4], 1));
        Write(folder["d"], ([1, 2, 3], 2));
        Write(folder["e"], ([1, 2], 1), ([3], 0));
        string Print(string name)
        {
            using var store = ExampleStore.Open(folder[name]);
            return store.Fingerprint;
        }

        Assert.Equal(Print("a"), Print("b"));
        Assert.Equal(4, new[] { "a", "c", "d", "e" }.Select(Print).Distinct().Count());
    }

    [Fact]
    public void Empty_store_opens()
    {
        using var folder = new TemporaryFolder();
        Write(folder["store"]);
        using var store = ExampleStore.Open(folder["store"]);
        Assert.Equal(0, store.Count);
        store.Verify();
    }

    [Fact]
    public void Unfinished_store_does_not_open()
    {
        using var folder = new TemporaryFolder();
        using (var writer = new ExampleStoreWriter(folder["store"])) writer.Add([1, 2], 0);
        Assert.Contains("no complete store", Assert.Throws<UserError>(() => ExampleStore.Open(folder["store"])).Message, StringComparison.Ordinal);

        // A rewrite that is cut short leaves no store either, not even the one before.
        Write(folder["again"], Rows);
        using (var writer = new ExampleStoreWriter(folder["again"])) writer.Add([1, 2], 0);
        Assert.Throws<UserError>(() => ExampleStore.Open(folder["again"]));
    }

    [Theory]
    [InlineData("tokens.bin")]
    [InlineData("index.bin")]
    public void Torn_and_flipped_files_are_found(string name)
    {
        using var folder = new TemporaryFolder();
        Write(folder["store"], Rows);
        var path = Path.Combine(folder["store"], name);
        var bytes = File.ReadAllBytes(path);

        File.WriteAllBytes(path, bytes[..^1]);
        Assert.Contains(name, Assert.Throws<UserError>(() => ExampleStore.Open(folder["store"])).Message, StringComparison.Ordinal);

        bytes[^1] ^= 0x40;
        File.WriteAllBytes(path, bytes);
        using var store = ExampleStore.Open(folder["store"]);
        Assert.Contains("SHA-256", Assert.Throws<UserError>(store.Verify).Message, StringComparison.Ordinal);
        if (name == "index.bin") Assert.Throws<UserError>(() => store[3]);

        File.Delete(path);
        Assert.Throws<UserError>(() => ExampleStore.Open(folder["store"]));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("""{"format": "something-else", "version": 1, "count": 0, "tokens": 0}""")]
    [InlineData("""{"format": "unmask-examples", "version": 99, "count": 0, "tokens": 0}""")]
    public void Foreign_store_is_refused(string description)
    {
        using var folder = new TemporaryFolder();
        Write(folder["store"], Rows);
        File.WriteAllText(Path.Combine(folder["store"], "store.json"), description);
        Assert.Throws<UserError>(() => ExampleStore.Open(folder["store"]));
    }

    [Fact]
    public void Source_reads_the_rows_of_a_step()
    {
        using var folder = new TemporaryFolder();
        Write(folder["store"], [.. Enumerable.Range(0, 10).Select(i => (Enumerable.Repeat(i, i + 1).ToArray(), 0))]);
        using var store = ExampleStore.Open(folder["store"]);
        var source = new BatchSource(store, new BatchOrder(10, 8), new Collator { PadId = 99 });

        var batches = source.Step(1);
        Assert.Equal([8L, 9L], Assert.Single(batches).OrderIndex);
        Assert.Equal([4, 4], new BatchSource(store, source.Order, new Collator { PadId = 99 }, rowsTogether: 4).Step(0).Select(batch => batch.Rows));
        foreach (var batch in source.Step(0))
        {
            for (var row = 0; row < batch.Rows; row++) Assert.Equal(batch.ExampleIndex[row], batch.Ids[row * batch.Width]);
        }

        Assert.Equal(10, source.Epoch().Sum(batch => batch.Rows));
    }

    internal static void Write(string folder, params (int[] Ids, int Prompt)[] rows)
    {
        using var writer = new ExampleStoreWriter(folder);
        foreach (var (ids, prompt) in rows) writer.Add(ids, prompt);
        writer.Complete();
    }
}
