using Unmask.Core.Data;
using Unmask.Core.Protocol;
using Unmask.Engine.Data.Files;
using Unmask.Engine.Data.Files.Discovery;
using Unmask.Engine.Data.Inspection;
using Unmask.Engine.Hosting.Calls;

namespace Unmask.Engine.Hosting.Operations;

/// <summary>Rows as they lie in the files.</summary>
internal sealed class DataRowsOperation : Operation<DataRowsRequest, DataTable>, IDisposable
{
    private readonly OpenPages open = new();

    protected override DataTable Run(DataRowsRequest request, Call call)
    {
        var problems = new List<string>();
        if (request.Offset < 0) problems.Add($"offset is {request.Offset}. It must be 0 or more.");
        if (request.Limit is < 1 or > DataRowsRequest.MostRows) problems.Add($"limit is {request.Limit}. It must be from 1 to {DataRowsRequest.MostRows}.");
        if (request.LongestText < 1) problems.Add($"longest_text is {request.LongestText}. It must be at least 1.");
        UserError.ThrowIfAny(problems);
        var query = new RowQuery(request.Path, DataFormats.Of(request.Format), request.Split, request.Search);
        return open.With(
            query.Path,
            query.Format,
            pages =>
            {
                var bytes = new BytesRead(call, DataInspector.BytesOf(DatasetFiles.Find(query.Path, query.Format, call.Stop)));
                return pages.Read(query, request.Offset, request.Limit, request.LongestText, bytes.Add, call.Stop);
            },
            call.Stop);
    }

    public void Dispose() => open.Dispose();
}
