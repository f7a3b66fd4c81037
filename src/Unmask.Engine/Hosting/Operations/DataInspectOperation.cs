using Unmask.Core.Data;
using Unmask.Core.Parameters;
using Unmask.Core.Protocol;
using Unmask.Core.Storage;
using Unmask.Engine.Data.Files;
using Unmask.Engine.Data.Files.Discovery;
using Unmask.Engine.Data.Inspection;
using Unmask.Engine.Data.Rows;
using Unmask.Engine.Hosting.Calls;
using Unmask.Engine.Training.Preparation;

namespace Unmask.Engine.Hosting.Operations;

/// <summary>A dataset, looked through from end to end.</summary>
internal sealed class DataInspectOperation : Operation<DataInspectRequest, DataInspection>
{
    protected override DataInspection Run(DataInspectRequest request, Call call)
    {
        var files = DatasetFiles.Find(request.Path, DataFormats.Of(request.Format), call.Stop);
        var parameters = request.Recipe?.Read().Parameters is { } given ? given with { Dataset = request.Path, DatasetFormat = request.Format } : null;
        var folder = ScratchFolder.Create("inspect");
        try
        {
            var (subject, problems) = parameters is { Model: not null } or { Tokenizer: not null } or { IsFreshModel: true } ? Subject(parameters, folder, call) : (null, []);
            var columns = parameters is null ? new RowColumns() : TrainingRows.Columns(parameters);
            var inspector = new DataInspector(columns, subject?.Conversations, subject is null ? "" : NameOf(parameters!));
            return inspector.Inspect(files, new BytesRead(call, DataInspector.BytesOf(files)).Add, call.Stop) with { TokenProblems = problems };
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static (TrainingSubject? Subject, IReadOnlyList<string> Problems) Subject(TrainParameters parameters, DirectoryInfo folder, Call call)
    {
        call.Report(new EngineProgress(parameters is { Model: null, Tokenizer: null } ? "learning_vocabulary" : "loading_tokenizer"));
        try
        {
            return (TrainingSubject.Prepare(parameters, Path.Combine(folder.FullName, "tokenizer"), call.Stop), []);
        }
        catch (UserError error)
        {
            return (null, error.Problems);
        }
    }

    private static string NameOf(TrainParameters parameters) =>
        parameters.Tokenizer ?? parameters.Model ?? $"learned from the data: {parameters.Vocabulary.ToString()!.ToLowerInvariant()}, at most {parameters.VocabSize} tokens";
}
