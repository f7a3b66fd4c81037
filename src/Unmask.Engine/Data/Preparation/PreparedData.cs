using Unmask.Core.Data;

namespace Unmask.Engine.Data.Preparation;

/// <summary>How far a preparation is.</summary>
/// <param name="Phase">What is being done, such as <c>tokenizing</c>.</param>
/// <param name="Done">Rows (or, while files are checked, bytes) done in this phase.</param>
public sealed record DataProgress(string Phase, long Done);

/// <summary>Rows ready for training. Dispose it when the run is over.</summary>
public sealed record PreparedData(ExampleStore Train, ExampleStore? Eval, DataReport Report, bool Reused) : IDisposable
{
    public void Dispose()
    {
        Train.Dispose();
        Eval?.Dispose();
    }
}
