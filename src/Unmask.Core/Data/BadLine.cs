namespace Unmask.Core.Data;

/// <summary>A record that could not be used. It is counted and told, never dropped in silence.</summary>
/// <param name="File">Path of the file.</param>
/// <param name="Line">Line the record begins on, from 1; in Parquet and Arrow files the number of the row, from 1.</param>
/// <param name="Reason">What is wrong with it.</param>
public sealed record BadLine(string File, long Line, string Reason)
{
    public override string ToString() => $"{File}:{Line}: {Reason}";
}
