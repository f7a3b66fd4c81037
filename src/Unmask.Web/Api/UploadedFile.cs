using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Unmask.Core.Storage;

namespace Unmask.Web.Api;

/// <summary>The file of a multipart form, read while it comes. Whatever is wrong with the form is told as the mistake of who sent it.</summary>
/// <param name="Name">Its name, as the sender gives it.</param>
/// <param name="Content">Its bytes.</param>
internal sealed record UploadedFile(string Name, Stream Content)
{
    /// <summary>RFC 2046.</summary>
    private const int LongestBoundary = 70;

    /// <summary>The first file; null where there is none.</summary>
    /// <exception cref="UserError">It is no such form, or a broken one.</exception>
    public static async Task<UploadedFile?> In(HttpRequest request, CancellationToken stop)
    {
        var boundary = MediaTypeHeaderValue.TryParse(request.ContentType, out var type) ? HeaderUtilities.RemoveQuotes(type.Boundary).Value : null;
        if (boundary is not { Length: > 0 and <= LongestBoundary }) throw new UserError("The upload is not a form with a file. Select a file and upload again.");
        var reader = new MultipartReader(boundary, request.Body);
        while (await Told(() => reader.ReadNextSectionAsync(stop), stop) is { } section)
        {
            if (ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition) && disposition.FileName.Value is { } name && HeaderUtilities.RemoveQuotes(name).Value is { Length: > 0 } fileName)
                return new(fileName, new SentStream(section.Body));
        }

        return null;
    }

    private static async Task<T> Told<T>(Func<Task<T>> read, CancellationToken stop)
    {
        try
        {
            return await read();
        }
        catch (Exception broken) when (!stop.IsCancellationRequested && broken is IOException or InvalidDataException or InvalidOperationException or ArgumentException)
        {
            throw new UserError($"The upload is broken: {broken.Message.Split('\n')[0].TrimEnd('.', '\r')}. Upload the file again.");
        }
    }

    private sealed class SentStream(Stream inner) : ForwardStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            await Told(() => inner.ReadAsync(buffer, cancellationToken).AsTask(), cancellationToken);

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(Span<byte> buffer) => throw new NotSupportedException("A body is read asynchronously.");
    }
}
