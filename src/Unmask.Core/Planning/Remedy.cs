namespace Unmask.Core.Planning;

/// <summary>A change of settings that makes a run smaller, and what it would then take.</summary>
/// <param name="Settings">Names and values to set.</param>
/// <param name="MemoryBytes">Estimated peak with them.</param>
/// <param name="Suffices">Whether that fits with a tenth to spare.</param>
public sealed record Remedy(IReadOnlyDictionary<string, object> Settings, long MemoryBytes, bool Suffices);
