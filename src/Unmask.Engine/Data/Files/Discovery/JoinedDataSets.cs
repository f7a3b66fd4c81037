using Unmask.Core.Hub.Datasets;

namespace Unmask.Engine.Data.Files.Discovery;

/// <summary>Several datasets as one, and row limits of their splits: what <see cref="DatasetSpec"/> writes.</summary>
internal static class JoinedDataSets
{
    /// <summary>The files of all parts, by split, in the order of the parts.</summary>
    /// <exception cref="Unmask.Primitives.UserError">A part is not there, or the text cannot be read.</exception>
    public static DatasetFiles Find(string text, DataFormat? format, CancellationToken stop)
    {
        var splits = new Dictionary<string, List<DataFile>>();
        var ignored = new List<string>();
        var leftOut = new List<string>();
        foreach (var part in DatasetSpec.Read(text))
        {
            var files = DatasetFiles.Find(part.Name!, format, stop);
            ignored.AddRange(files.Ignored);
            leftOut.AddRange(files.LeftOut);
            // Limits go by the names that people give the three parts.
            var named = part with { Options = part.Options.ToDictionary(option => DatasetPart.Limit(option.Value) is null ? option.Key : SplitNames.Of(option.Key) ?? option.Key, option => option.Value) };
            foreach (var (split, source, skip, take) in named.RowsOf([.. files.Splits.Keys], SplitNames.Train))
            {
                if (!splits.TryGetValue(split, out var list)) splits.Add(split, list = []);
                var share = skip == 0 && take is null ? null : new RowShare(skip, take);
                list.AddRange(files.Splits[source].Select(file => file with { Share = share ?? file.Share, OutputHas = part.Language ?? file.OutputHas }));
            }
        }

        return new DatasetFiles(splits.ToDictionary(split => split.Key, IReadOnlyList<DataFile> (split) => split.Value), ignored) { LeftOut = leftOut };
    }
}
