using Unmask.Engine.Data.Files;
using Unmask.Engine.Data.Inspection;

namespace Unmask.Engine.Hosting.Calls;

/// <summary>The places at which people read in datasets. Each dataset has its own lock, so that one that is slow keeps nobody from another; those that were not read for longest are closed.</summary>
internal sealed class OpenPages : IDisposable
{
    private const int Most = 8;

    private readonly Lock gate = new();
    private readonly List<Place> places = [];

    /// <summary>Does <paramref name="read"/> with the pages of a dataset, behind whoever reads in it now.</summary>
    /// <param name="path">The dataset.</param>
    /// <param name="format">Form of its file, where the ending does not tell.</param>
    /// <param name="read">What is done.</param>
    /// <param name="stop">Ends the wait.</param>
    public TResult With<TResult>(string path, DataFormat? format, Func<DataPages, TResult> read, CancellationToken stop)
    {
        var place = Enter(path, format);
        try
        {
            place.Turn.Wait(stop);
            try
            {
                return read(place.Pages);
            }
            finally
            {
                place.Turn.Release();
            }
        }
        finally
        {
            lock (gate) place.Users--;
        }
    }

    public void Dispose()
    {
        foreach (var place in places) place.Dispose();
    }

    private Place Enter(string path, DataFormat? format)
    {
        lock (gate)
        {
            var place = places.Find(place => place.Path == path && place.Format == format) ?? new Place(path, format);
            // The last in the list was used last.
            places.Remove(place);
            places.Add(place);
            place.Users++;
            if (places.Count > Most && places.Find(one => one.Users == 0) is { } unused)
            {
                places.Remove(unused);
                unused.Dispose();
            }

            return place;
        }
    }

    private sealed class Place(string path, DataFormat? format) : IDisposable
    {
        public string Path => path;

        public DataFormat? Format => format;

        public SemaphoreSlim Turn { get; } = new(1);

        public DataPages Pages { get; } = new();

        /// <summary>Requests that read in it or wait for their turn.</summary>
        public int Users { get; set; }

        public void Dispose()
        {
            Pages.Dispose();
            Turn.Dispose();
        }
    }
}
