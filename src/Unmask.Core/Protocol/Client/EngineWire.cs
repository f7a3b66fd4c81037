using System.Text.Json;
using Unmask.Core.Events;

namespace Unmask.Core.Protocol.Client;

/// <summary>A line to the engine: a request, or the number of one to cancel.</summary>
public sealed record EngineCall
{
    /// <summary>Number of the request; its replies bear it.</summary>
    public long? Id { get; init; }

    /// <summary>Name of the operation.</summary>
    public string? Op { get; init; }

    /// <summary>Its <see cref="EngineRequest"/>. Read from a line it is a <see cref="JsonElement"/>.</summary>
    public object? Args { get; init; }

    /// <summary>Number of a request whose work is to stop.</summary>
    public long? Cancel { get; init; }
}

/// <summary>A line from the engine: a piece of news on a request, or its end. Exactly one member beside the number is set.</summary>
public sealed record EngineReply
{
    /// <summary>Number of the request; null on an answer to a line that no request could be read from.</summary>
    public long? Id { get; init; }

    /// <summary>An <see cref="EngineProgress"/>.</summary>
    public EngineProgress? Progress { get; init; }

    /// <summary>A frame of the operation. Read from a line it is a <see cref="JsonElement"/>, as is the result.</summary>
    public object? Frame { get; init; }

    /// <summary>The answer; nothing follows it.</summary>
    public object? Result { get; init; }

    /// <summary>Why there is no answer; nothing follows it.</summary>
    public EngineError? Error { get; init; }
}

/// <summary>Why an operation gave no answer.</summary>
/// <param name="Problems">Sentences for a person.</param>
public sealed record EngineError(IReadOnlyList<string> Problems)
{
    /// <summary>The trace, where it is a bug of ours and not something the person can mend.</summary>
    public string? Bug { get; init; }

    /// <summary>Set when the request was cancelled.</summary>
    public bool? Cancelled { get; init; }
}

/// <summary>How requests and replies look: one JSON object a line, by the rules of <see cref="EventFormat"/>.</summary>
public static class EngineWire
{
    /// <summary>Those of <see cref="EventFormat"/>; in addition, an argument that must be there must be there. (What is null is not written, so answers are read without.)</summary>
    private static readonly JsonSerializerOptions Strict = new(EventFormat.Options)
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>The message as one line of UTF-8, ending in a line feed.</summary>
    public static byte[] Line<T>(T message) => [.. JsonSerializer.SerializeToUtf8Bytes(message, EventFormat.Options), (byte)'\n'];

    /// <summary>Reads a line to the engine; null when it is none.</summary>
    public static EngineCall? ReadCall(string line) => Read<EngineCall>(line);

    /// <summary>Reads a line from the engine; null when it is none.</summary>
    public static EngineReply? ReadReply(string line) => Read<EngineReply>(line);

    /// <summary>The arguments of a call that was read.</summary>
    /// <exception cref="JsonException">They are others, or one is missing.</exception>
    public static T Arguments<T>(EngineCall call) where T : EngineRequest => As<T>(call.Args ?? JsonDocument.Parse("{}").RootElement, Strict);

    /// <summary>A frame or result of a reply that was read.</summary>
    /// <exception cref="JsonException">It is something else.</exception>
    public static T As<T>(object member) => As<T>(member, EventFormat.Options);

    private static T As<T>(object member, JsonSerializerOptions options) => ((JsonElement)member).Deserialize<T>(options) ?? throw new JsonException("null stands where an object must be");

    private static T? Read<T>(string line) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(line, EventFormat.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
