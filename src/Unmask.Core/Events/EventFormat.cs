using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Unmask.Core.Events;

/// <summary>How events look as JSON lines.</summary>
public static class EventFormat
{
    /// <summary>The JSON rules of <c>events.jsonl</c>: snake_case, no nulls, enum values as words, readable letters beyond ASCII.</summary>
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>As they are read: a number or a word that an event cannot do without is there, or it is none. What else is missing, <see cref="EventRepair"/> completes.</summary>
    private static readonly JsonSerializerOptions Reading = new(Options)
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { type => JsonRecord.Require(type, static parameter => parameter.ParameterType.IsValueType && Nullable.GetUnderlyingType(parameter.ParameterType) is null) } },
    };

    private static readonly Dictionary<string, Type> Kinds = new()
    {
        ["run_started"] = typeof(RunStarted),
        ["run_resumed"] = typeof(RunResumed),
        ["phase_changed"] = typeof(PhaseChanged),
        ["notice"] = typeof(Notice),
        ["step_logged"] = typeof(StepLogged),
        ["ranks_measured"] = typeof(RanksMeasured),
        ["evaluation_finished"] = typeof(EvaluationFinished),
        ["samples_drawn"] = typeof(SamplesDrawn),
        ["weights_seen"] = typeof(WeightsSeen),
        ["checkpoint_saved"] = typeof(CheckpointSaved),
        ["checkpoint_rejected"] = typeof(CheckpointRejected),
        ["final_evaluation"] = typeof(FinalEvaluation),
        ["run_finished"] = typeof(RunFinished),
    };

    /// <summary>The event as one line of UTF-8 JSON, ending in a line feed.</summary>
    public static byte[] ToLine(RunEvent happened)
    {
        byte[] json = happened is UnknownEvent unknown
            ? JsonSerializer.SerializeToUtf8Bytes(unknown.Body, Options)
            : JsonSerializer.SerializeToUtf8Bytes(happened, happened.GetType(), Options);
        return [.. json, (byte)'\n'];
    }

    /// <summary>Reads one line.</summary>
    /// <returns>The event; <see cref="UnknownEvent"/> when its kind or version is newer than this program; null when the line is not a whole event.</returns>
    public static RunEvent? FromLine(ReadOnlySpan<byte> line)
    {
        try
        {
            JsonElement body = JsonInput.ParseElement(line);
            if (body.ValueKind != JsonValueKind.Object || !body.TryGetProperty("event", out JsonElement kind) || kind.ValueKind != JsonValueKind.String)
                return null;
            int version = body.TryGetProperty("v", out JsonElement v) && v.TryGetInt32(out int number) ? number : 0;
            string name = kind.GetString()!;
            if (version > RunEvent.CurrentVersion || !Kinds.TryGetValue(name, out Type? type)) return new UnknownEvent(name, body);
            return (RunEvent?)body.Deserialize(type, Reading) is { } happened ? EventRepair.Whole(happened) : null;
        }
        catch (Exception broken) when (broken is not OutOfMemoryException)
        {
            // Whatever the reader says of it: the line is what is wrong.
            return null;
        }
    }
}
