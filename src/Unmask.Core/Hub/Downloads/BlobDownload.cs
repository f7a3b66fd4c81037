using System.Net;
using System.Security.Cryptography;
using Unmask.Core.Hub.Caching;
using Unmask.Core.Hub.Http;
using Unmask.Core.Storage;

namespace Unmask.Core.Hub.Downloads;

/// <summary>Brings the bytes of one blob into the cache: begun parts are continued, and only what has the promised size and hash gets its name.</summary>
/// <param name="http">Calls.</param>
/// <param name="about">The file, for sentences.</param>
/// <param name="address">Where its bytes are asked for.</param>
/// <param name="blob">The path that it gets.</param>
/// <param name="facts">What it has to be.</param>
/// <param name="passed">Told how many bytes more there are (fewer, when it has to start again).</param>
internal sealed class BlobDownload(HubHttp http, HubSubject about, Uri address, string blob, HubFileFacts facts, Action<long> passed) : IDisposable
{
    private const int BufferBytes = 1 << 17;
    private const int MostWrong = 2;

    private readonly HubRetries retries = http.Retries();
    private readonly string part = blob + ".incomplete";
    private readonly byte[] buffer = new byte[BufferBytes];
    private IncrementalHash? hash;
    private long counted;
    private long furthest;

    public void Dispose() => hash?.Dispose();

    /// <summary>Downloads it; who calls holds its lock.</summary>
    /// <exception cref="UserError">It cannot be had whole, or the disk is full.</exception>
    public async Task Run(CancellationToken stop)
    {
        for (int wrong = 0; ; wrong++)
        {
            try
            {
                bool right = await Fill(stop);
                if (right) File.Move(part, blob, overwrite: true);
                else File.Delete(part);
                if (right) return;
            }
            catch (Exception failure) when (StorageFailure.IsStorage(failure) && failure is not HttpIOException)
            {
                throw StorageFailure.Explain(failure, blob);
            }

            // Perhaps the part that was there was of something else: once more from the start.
            Count(0);
            furthest = 0;
            if (wrong + 1 == MostWrong)
            {
                throw HubErrors.Of(HubFault.WrongContent, $"{about.File} of {about.Id} came {MostWrong} times with another content than its hash {facts.Etag} says, so it was thrown away. Something between here and {http.Settings.Address} changes it, or the Hub's copy is damaged; try again later.");
            }
        }
    }

    /// <summary>Fills the part; false when it is whole and has the wrong hash.</summary>
    private async Task<bool> Fill(CancellationToken stop)
    {
        await using var file = new FileStream(part, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        if (file.Length > facts.Bytes) file.SetLength(0);
        await Begin(file, stop);
        while (file.Position < facts.Bytes)
        {
            try
            {
                await Continue(file, stop);
            }
            catch (Exception failure) when (failure is HubRefusal || HubRetries.IsFailureOfNetwork(failure, stop))
            {
                if (failure is HubRefusal { Status: HttpStatusCode.RequestedRangeNotSatisfiable }) await StartAgain(file, stop);
                await retries.After(failure, stop);
            }
        }

        file.Flush(flushToDisk: true);
        return hash is null || Convert.ToHexStringLower(hash.GetHashAndReset()) == facts.Etag;
    }

    /// <summary>One call for what is missing.</summary>
    private async Task Continue(FileStream file, CancellationToken stop)
    {
        using var answer = await http.Send(HttpMethod.Get, address, about, file.Position, relativeOnly: false, stop);
        bool isPart = answer.StatusCode == HttpStatusCode.PartialContent;
        if (isPart ? !IsRest(answer, file.Position) : file.Position > 0) await StartAgain(file, stop);
        if (isPart && file.Position == 0) throw Odd("a part was offered that was not asked for");
        long missing = facts.Bytes - file.Position;
        if (answer.Content.Headers.ContentLength is { } length && length != missing) throw Odd($"{length} bytes are offered where {missing} are missing");

        using var patience = new Deadline(http.Patience.Silence, stop);
        await using var body = await patience.Watch(answer.Content.ReadAsStreamAsync);
        while (await FromNetwork(() => patience.Watch(token => body.ReadAsync(buffer, token).AsTask())) is > 0 and var read)
        {
            if (read > facts.Bytes - file.Position)
            {
                await StartAgain(file, stop);
                throw Odd($"more than its {facts.Bytes} bytes came");
            }

            await file.WriteAsync(buffer.AsMemory(0, read), CancellationToken.None);
            hash?.AppendData(buffer, 0, read);
            Count(file.Position);
            if (file.Position <= furthest) continue;
            furthest = file.Position;
            retries.Restart();
        }

        if (file.Position < facts.Bytes) throw new HttpIOException(HttpRequestError.ResponseEnded, "the answer ended early");
    }

    /// <summary>Is it exactly what is missing?</summary>
    private bool IsRest(HttpResponseMessage answer, long from) =>
        from > 0 && answer.Content.Headers.ContentRange is { Unit: "bytes", From: { } first } range && first == from && (range.Length ?? facts.Bytes) == facts.Bytes;

    private HubRefusal Odd(string what) =>
        new(HubErrors.Of(HubFault.WrongContent, $"{about.File} of {about.Id} cannot be downloaded: {what}. Try again later; what was downloaded is kept."), again: true, wait: null);

    private async Task StartAgain(FileStream file, CancellationToken stop)
    {
        file.SetLength(0);
        await Begin(file, stop);
    }

    /// <summary>Hashes what is there already; the file stands behind it.</summary>
    private async Task Begin(FileStream file, CancellationToken stop)
    {
        hash?.Dispose();
        hash = BlobName.HashFor(facts.Etag, facts.Bytes);
        file.Position = 0;
        while (hash is not null && await file.ReadAsync(buffer, stop) is > 0 and var read) hash.AppendData(buffer, 0, read);
        file.Position = file.Length;
        furthest = Math.Max(furthest, file.Position);
        Count(file.Position);
    }

    private void Count(long now)
    {
        passed(now - counted);
        counted = now;
    }

    /// <summary>A broken connection is no broken disk.</summary>
    private static async Task<int> FromNetwork(Func<Task<int>> read)
    {
        try
        {
            return await read();
        }
        catch (IOException broken) when (broken is not HttpIOException)
        {
            throw new HttpIOException(HttpRequestError.Unknown, broken.Message, broken);
        }
    }
}
