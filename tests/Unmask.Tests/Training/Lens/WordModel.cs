using Unmask.Core.Data;
using Unmask.Core.Events;
using Unmask.Core.Parameters;
using Unmask.Engine.Lens;

namespace Unmask.Tests.Training.Lens;

/// <summary>Recipes on a golden model's configuration (no weights) and a vocabulary of words, in a folder that goes away with the test.</summary>
internal sealed class WordModel : IDisposable, IEventSink
{
    public const int Pad = 0, Bos = 1, Eos = 2, Mask = 3;

    private readonly TemporaryFolder _folder = new();

    public WordModel(TrainingMethod method)
    {
        _folder.Write("model/config.json", File.ReadAllText(Path.Combine(Fixtures.Golden, method.ToString().ToLowerInvariant(), "config.json")));
        WordTokenizer.Write(_folder["model"], [.. WordTokenizer.Special, "Q", "A", .. Enumerable.Range(0, 90).Select(i => $"w{i}")]);
        Parameters = new()
        {
            Model = _folder["model"],
            TrainingMethod = method,
            Dataset = _folder["rows.jsonl"],
            EvalStrategy = EvalStrategy.No,
            MaxLength = 12,
        };
    }

    public TrainParameters Parameters { get; init; }

    public string this[string name] => _folder[name];

    public List<string> Notices { get; } = [];

    public void WriteRows(params string[] lines) => _folder.Write("rows.jsonl", string.Join('\n', lines) + "\n");

    public LensView Look(RowSelection? selection = null, bool noise = false, Func<TrainParameters, TrainParameters>? change = null)
    {
        using var lens = DataLens.Open(change?.Invoke(Parameters) ?? Parameters);
        return lens.Look(selection ?? new RowSelection([], 3), noise, this);
    }

    public void Write(RunEvent happened)
    {
        if (happened is Notice notice) Notices.Add(notice.Message);
    }

    public void Dispose() => _folder.Dispose();
}
