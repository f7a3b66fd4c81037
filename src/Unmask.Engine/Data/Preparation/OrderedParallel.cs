namespace Unmask.Engine.Data.Preparation;

/// <summary>Work on a sequence by several threads, results in the order of the sequence.</summary>
internal static class OrderedParallel
{
    private const int ChunkSize = 128;
    private const long ChunkBytes = 16 << 20;

    /// <summary>
    /// Applies <paramref name="work"/> to every item. The sequence is read, and results are handed out, on the caller's thread; only
    /// a few chunks are in memory at a time. An exception of the work reaches the caller where its result would have come.
    /// </summary>
    /// <param name="size">Bytes of an item, about: chunks of large ones are shorter. Null where all are small.</param>
    public static IEnumerable<TResult> Map<T, TResult>(IEnumerable<T> items, Func<T, TResult> work, int workers, CancellationToken cancellation, Func<T, long>? size = null)
    {
        workers = Math.Clamp(workers, 1, Environment.ProcessorCount);
        using var chunks = Chunks(items, size).GetEnumerator();
        var running = new Queue<Task<TResult[]>>();
        var more = true;
        while (true)
        {
            while (more && running.Count < 2 * workers)
            {
                cancellation.ThrowIfCancellationRequested();
                more = chunks.MoveNext();
                if (!more) break;
                var chunk = chunks.Current;
                running.Enqueue(Task.Run(() => Array.ConvertAll(chunk, Done), cancellation));
            }

            if (!running.TryDequeue(out var first)) yield break;
            foreach (var result in first.GetAwaiter().GetResult()) yield return result;
        }

        TResult Done(T item)
        {
            cancellation.ThrowIfCancellationRequested();
            return work(item);
        }
    }

    private static IEnumerable<T[]> Chunks<T>(IEnumerable<T> items, Func<T, long>? size)
    {
        var chunk = new List<T>(ChunkSize);
        var bytes = 0L;
        foreach (var item in items)
        {
            chunk.Add(item);
            bytes += size?.Invoke(item) ?? 0;
            if (chunk.Count < ChunkSize && bytes < ChunkBytes) continue;
            yield return [.. chunk];
            chunk.Clear();
            bytes = 0;
        }

        if (chunk.Count > 0) yield return [.. chunk];
    }
}
