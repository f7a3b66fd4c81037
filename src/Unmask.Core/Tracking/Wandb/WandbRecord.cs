using System.Text.Json;

namespace Unmask.Core.Tracking.Wandb;

/// <summary>Something that Weights &amp; Biases is told. The log of the offline folder and the live connection get the same ones.</summary>
internal abstract record WandbRecord;

/// <summary>Values of one step. Steps rise.</summary>
/// <param name="Step">Optimizer steps made so far.</param>
/// <param name="Values">JSON by name, <c>_step</c>, <c>_timestamp</c> and <c>_runtime</c> among them.</param>
internal sealed record WandbHistory(long Step, IReadOnlyDictionary<string, string> Values) : WandbRecord;

/// <summary>The last value of each name.</summary>
internal sealed record WandbSummary(IReadOnlyDictionary<string, string> Values) : WandbRecord;

/// <summary>Measures of the machine.</summary>
/// <param name="Time">When.</param>
/// <param name="Runtime">Seconds since the run began.</param>
/// <param name="Values">By name, such as cpu and proc.memory.rssMB.</param>
internal sealed record WandbStats(DateTimeOffset Time, double Runtime, IReadOnlyDictionary<string, double> Values) : WandbRecord;

/// <summary>A line of the run's log.</summary>
/// <param name="Time">When it was written.</param>
/// <param name="IsError">Whether it belongs on the error output.</param>
/// <param name="Text">The line, without its end.</param>
internal sealed record WandbOutput(DateTimeOffset Time, bool IsError, string Text) : WandbRecord;

/// <summary>A file that belongs to the run.</summary>
/// <param name="Path">Below the folder <c>files</c>, with slashes.</param>
internal sealed record WandbFile(string Path) : WandbRecord;

/// <summary>The run has ended.</summary>
/// <param name="ExitCode">0 where all is well.</param>
/// <param name="Runtime">Seconds since it began.</param>
internal sealed record WandbExit(int ExitCode, double Runtime) : WandbRecord;

/// <summary>Values as JSON.</summary>
internal static class WandbJson
{
    /// <summary>A number; those that JSON has not are written as text, as every version of the client reads them.</summary>
    public static string Of(double value) => value switch
    {
        double.PositiveInfinity => "\"Infinity\"",
        double.NegativeInfinity => "\"-Infinity\"",
        _ when double.IsNaN(value) => "\"NaN\"",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    /// <summary>Anything else.</summary>
    public static string Of(object? value) => value is double number ? Of(number) : JsonSerializer.Serialize(value, Events.EventFormat.Options);

    /// <summary>An object of values that are JSON already.</summary>
    public static string Object(IEnumerable<KeyValuePair<string, string>> values) => $"{{{string.Join(',', values.Select(pair => $"{JsonSerializer.Serialize(pair.Key)}:{pair.Value}"))}}}";
}
