using System.Text.Json;

namespace Unmask.Core.Protocol;

/// <summary>What an operation of the engine is asked for: its arguments. Its name is that of the type: <c>DataRowsRequest</c> asks for <c>data_rows</c>.</summary>
public abstract record EngineRequest
{
    private const string Ending = "Request";
    /// <summary>Name of the operation that takes requests of a type.</summary>
    public static string OperationOf(Type request) => JsonNamingPolicy.SnakeCaseLower.ConvertName(request.Name[..^Ending.Length]);
}

/// <summary>A request that may be asked a second time of another process when the first one is ended: it writes nothing, and depends on nothing that was loaded.</summary>
public interface IRepeatableRequest;

/// <summary>A request with its answer.</summary>
/// <typeparam name="TResult">What the operation answers.</typeparam>
public abstract record EngineRequest<TResult> : EngineRequest;

/// <summary>A request that is answered piece by piece before the answer as a whole is there.</summary>
/// <typeparam name="TResult">What the operation answers at the end.</typeparam>
/// <typeparam name="TFrame">What it sends on the way.</typeparam>
public abstract record EngineRequest<TResult, TFrame> : EngineRequest<TResult>;

/// <summary>The answer of operations that have nothing to tell but that they are done.</summary>
public sealed record Nothing;

/// <summary>How far an operation is.</summary>
/// <param name="Phase">What it does now, a word: <c>waiting</c> (for another operation), or the operation's own.</param>
/// <param name="Detail">A few words for a person, e.g. the file being read; null when there is nothing to add.</param>
/// <param name="Done">Units done so far; null when unknown.</param>
/// <param name="Total">Units in all; null when unknown.</param>
/// <param name="Unit">What is counted: <c>bytes</c>, <c>rows</c>, <c>steps</c>, <c>tensors</c>; null where nothing is.</param>
public sealed record EngineProgress(string Phase, string? Detail = null, long? Done = null, long? Total = null, string? Unit = null);
