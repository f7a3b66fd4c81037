using Unmask.Core.Events;

namespace Unmask.Core.Tracking;

/// <summary>The settings of a run as TensorBoard's tab HPARAMS compares them across runs (messages of tensorboard/plugins/hparams).</summary>
internal static class TensorBoardHparams
{
    private const string Plugin = "hparams";
    private const int StatusSuccess = 1;
    private const int StatusFailure = 2;
    private const int TypeString = 1;
    private const int TypeBool = 2;
    private const int TypeNumber = 3;

    /// <summary>What a run is judged by.</summary>
    private static readonly string[] Measures = ["eval/loss", "eval/masked_accuracy", "train/loss"];

    /// <summary>Tells the settings; once a run.</summary>
    public static void Begin(TensorBoardWriter writer, RunStarted started)
    {
        (string Name, object Value)[] settings = [.. started.Config.Where(pair => pair.Value is not null).Select(pair => (pair.Key, Plain(pair.Value!)))];
        var experiment = new ProtoWriter();
        foreach ((string name, object value) in settings) experiment.Message(5, new ProtoWriter().Text(1, name).Varint(4, value switch { bool => TypeBool, double => TypeNumber, _ => TypeString }));
        foreach (string measure in Measures) experiment.Message(6, new ProtoWriter().Message(1, new ProtoWriter().Text(2, measure)));
        writer.Plugin(started.Time, "_hparams_/experiment", Plugin, new ProtoWriter().Message(2, experiment));

        var session = new ProtoWriter();
        foreach ((string name, object value) in settings) session.Message(1, new ProtoWriter().Text(1, name).Message(2, Value(value)));
        session.Text(4, started.Name).Double(5, Seconds(started.Time));
        writer.Plugin(started.Time, "_hparams_/session_start_info", Plugin, new ProtoWriter().Message(3, session));
    }

    /// <summary>Tells how it ended.</summary>
    public static void End(TensorBoardWriter writer, RunFinished finished) => writer.Plugin(
        finished.Time, "_hparams_/session_end_info", Plugin,
        new ProtoWriter().Message(4, new ProtoWriter().Varint(1, finished.Outcome == RunOutcome.Failed ? StatusFailure : StatusSuccess).Double(2, Seconds(finished.Time))));

    private static object Plain(object value) => value switch
    {
        bool or string => value,
        sbyte or byte or short or ushort or int or uint or long or ulong or float or double or decimal => Convert.ToDouble(value, CultureInfo.InvariantCulture),
        System.Collections.IEnumerable several => string.Join(", ", several.Cast<object?>()),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    private static ProtoWriter Value(object value) => value switch
    {
        bool flag => new ProtoWriter().Varint(4, flag ? 1 : 0),
        double number => new ProtoWriter().Double(2, number),
        _ => new ProtoWriter().Text(3, (string)value),
    };

    private static double Seconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).TotalSeconds;
}
