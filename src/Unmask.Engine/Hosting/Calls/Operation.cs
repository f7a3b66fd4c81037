using Unmask.Core.Protocol;
using Unmask.Core.Protocol.Client;

namespace Unmask.Engine.Hosting.Calls;

/// <summary>Something the engine can be asked for.</summary>
/// <param name="name">Its name in requests.</param>
/// <param name="isHeavy">Whether it computes for long or holds much memory; heavy operations run one after the other, on one thread.</param>
public abstract class Operation(string name, bool isHeavy)
{
    public string Name { get; } = name;

    public bool IsHeavy { get; } = isHeavy;

    /// <summary>Does it.</summary>
    /// <param name="asked">The request as it was read.</param>
    /// <param name="call">The same at work.</param>
    /// <returns>The answer.</returns>
    public abstract object Run(EngineCall asked, Call call);
}

/// <inheritdoc/>
/// <typeparam name="TRequest">What is asked.</typeparam>
/// <typeparam name="TResult">What is answered.</typeparam>
public abstract class Operation<TRequest, TResult>(bool isHeavy = false) : Operation(EngineRequest.OperationOf(typeof(TRequest)), isHeavy)
    where TRequest : EngineRequest<TResult>
    where TResult : notnull
{
    public sealed override object Run(EngineCall asked, Call call) => Run(EngineWire.Arguments<TRequest>(asked), call);

    /// <summary>Does it.</summary>
    protected abstract TResult Run(TRequest request, Call call);
}
