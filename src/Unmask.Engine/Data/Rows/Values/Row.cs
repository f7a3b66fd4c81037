using System.Text.Json.Nodes;

namespace Unmask.Engine.Data.Rows.Values;

/// <summary>One record of a user's file, before anything is made of it.</summary>
/// <param name="File">Path of the file as the user gave it (a file inside a folder: the folder's path and the file's name).</param>
/// <param name="Line">Line the record begins on, from 1; in Parquet and Arrow files the number of the row, from 1.</param>
/// <param name="Values">Column names to values, in the order of the file; a missing value is null.</param>
public sealed record Row(string File, long Line, IReadOnlyDictionary<string, JsonNode?> Values)
{
    /// <summary>The file gives every object the members of all (Parquet, Arrow): a null there may be a member that the object does not have.</summary>
    public bool IsColumnar { get; init; }

    /// <summary>The place for an error sentence: <c>file:line</c>.</summary>
    public string Place => $"{File}:{Line}";
}
