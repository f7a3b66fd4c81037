using Unmask.Core.Data;
using Unmask.Core.Events;
using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Validation;
using Unmask.Engine.Data.Files;
using Unmask.Engine.Data.Files.Readers;
using Unmask.Engine.Data.Preparation;
using Unmask.Engine.Data.Rows;
using Unmask.Engine.Data.Rows.Values;
using Unmask.Text.ChatTemplates;

namespace Unmask.Engine.Training.Preparation;

/// <summary>How the rows of a run's dataset are read: the column settings, and the rule that the first rows ask for.</summary>
public static class TrainingRows
{
    private const int BadLinesTold = 5;

    /// <summary>Why the rows of some files cannot be read as the settings say, from a look at the first of them: each problem at the setting that it is about.</summary>
    /// <param name="parameters">The run's settings.</param>
    /// <param name="files">Files that the rows are in.</param>
    public static IEnumerable<Problem> Problems(TrainParameters parameters, IReadOnlyList<DataFile> files)
    {
        try
        {
            var settings = DataSettings.From(parameters with { InsertEos = false }, endId: null);
            var first = new RowReader(settings.TextUnit) { Columns = Columns(parameters).MayBeRead() }.First(files, DataPreparation.RowsLookedAt);
            if (first.Count > 0) RowConverter.For(first, Columns(parameters));
            return [];
        }
        catch (UserError error)
        {
            return error.Problems.Select(sentence => Problem.Error(ParameterCatalog.Find(sentence.Split(' ', ',')[0])?.Name ?? "dataset", sentence));
        }
    }

    /// <summary>Every text of the training rows, one after another, for learning a vocabulary. Rows that cannot be used are passed over here; preparing them counts them.</summary>
    public static IEnumerable<string> Texts(TrainParameters parameters, CancellationToken stop = default)
    {
        var settings = DataSettings.From(parameters with { InsertEos = false }, endId: null);
        var files = SplitPlan.Of(settings, stop).Train;
        var reader = new RowReader(settings.TextUnit) { Stop = stop, Columns = Columns(parameters).MayBeRead() };
        var converter = Converter(parameters, reader, files);
        var template = parameters.ChatTemplate is { } choice ? ChatTemplate.Choose(choice, tokenizerTemplate: null) : null;
        foreach (var converted in reader.Read(files, static _ => { }).Select(converter.Convert))
        {
            if (converted.Text is { } text) yield return text;
            foreach (var message in converted.Messages ?? []) yield return message.Content;
            foreach (var value in converted.Context?.Where(entry => template?.Reads(entry.Key) == true) ?? [])
            {
                foreach (var further in SpecialTokenGuard.Texts(value.Value)) yield return further;
            }
        }
    }

    /// <summary>The converter for the training files, chosen by their first rows.</summary>
    /// <exception cref="UserError">No rule fits the columns, or a named column is not there.</exception>
    private static RowConverter Converter(TrainParameters parameters, RowReader reader, IReadOnlyList<DataFile> files)
    {
        var bad = new BadLineTally(BadLinesTold);
        var first = reader.First(files, DataPreparation.RowsLookedAt, bad.Add);
        if (first.Count > 0) return RowConverter.For(first, Columns(parameters));
        throw new UserError(bad.Count == 0
            ? $"{parameters.Dataset} is empty; `unmask train` needs at least one row with a prompt and a response, or with a text."
            : $"No row can be read from {parameters.Dataset}: {(bad.Count == 1 ? "its only line is bad" : $"all {bad.Count} lines are bad")}. {Told(bad.First, bad.Count)} Fix the file, or set dataset_format if its extension does not match its format.");
    }

    /// <summary>The first lines that could not be used, a sentence each.</summary>
    private static string Told(IReadOnlyList<BadLine> first, long count) =>
        string.Join(" ", first.Take(BadLinesTold).Select(line => line.ToString().TrimEnd('.') + ".")) + (count > BadLinesTold ? " ..." : "");

    /// <summary>The column settings of a run.</summary>
    public static RowColumns Columns(TrainParameters parameters) => new()
    {
        Prompt = parameters.PromptColumn,
        Response = parameters.ResponseColumn,
        System = parameters.SystemColumn,
        Messages = parameters.MessagesColumn,
        Text = parameters.TextColumn,
        Label = parameters.LabelColumn,
        Roles = parameters.RoleMapping.ToDictionary(pair => pair.Key, pair => Convert.ToString(pair.Value, CultureInfo.InvariantCulture) ?? ""),
        InputTemplate = parameters.InputTemplate,
        OutputTemplate = parameters.OutputTemplate,
        InstructionTemplate = parameters.InstructionTemplate,
    };

    /// <summary>Tokenizes the rows of the run, or finds them tokenized, and reports on them.</summary>
    public static PreparedData Prepare(TrainParameters parameters, TrainingSubject subject, string tokenizerFolder, string folder, IEventSink events, CancellationToken stop)
    {
        var notices = new List<string>();
        RowEncoder EncoderFor(IReadOnlyList<Row> firstRows)
        {
            var encoder = TrainingRowEncoder.For(parameters, subject.Conversations, firstRows);
            notices.AddRange(encoder.Notices);
            return encoder.Encode;
        }

        var preparation = new DataPreparation(
            DataSettings.From(parameters, subject.Tokenizer.Special.Eos), EncoderFor, subject.EncodingFingerprint(tokenizerFolder), () => notices.Concat(subject.Conversations.Notices.Sentences()).Distinct(), Columns(parameters).MayBeRead());
        var data = preparation.Prepare(folder, progress => events.Write(new PhaseChanged(Phases.Tokenizing, progress.Phase, progress.Done)), stop);
        Report(data, events);
        return data;
    }

    private static void Report(PreparedData data, IEventSink events)
    {
        var read = data.Report.Read;
        events.Write(new Notice(NoticeLevel.Info,
            $"{data.Report.TrainRows} training rows and {data.Report.EvalRows} evaluation rows; median length {read.MedianLength}, 99% are at most {read.Length99} tokens; rows by rule: {string.Join(", ", read.Rules.Select(rule => $"{rule.Key} {rule.Value}"))}."));
        if (read.BadLines > 0)
        {
            events.Write(new Notice(NoticeLevel.Warning, $"{(read.BadLines == 1 ? "1 line" : $"{read.BadLines} lines")} could not be used: {Told(read.FirstBadLines, read.BadLines)}"));
        }

        if (read.Rejected > 0)
        {
            events.Write(new Notice(NoticeLevel.Info, $"{(read.Rejected == 1 ? "1 row was" : $"{read.Rejected} rows were")} dropped because of the label."));
        }

        if (read.Truncated + read.Dropped > 0)
        {
            events.Write(new Notice(NoticeLevel.Warning,
                $"{read.Truncated} rows were truncated to max_length; {read.TooLong} were dropped as too long, {read.PromptFillsLimit} because the prompt fills max_length, {read.NothingToTrain} because the response is empty."));
        }

        foreach (var warning in data.Report.Warnings) events.Write(new Notice(NoticeLevel.Warning, warning));
    }
}
