namespace Unmask.Engine.Data.Tables;

/// <summary>A value is called a text and is none. The row that it is in cannot be used; those behind it can.</summary>
internal sealed class InvalidTextException() : Exception("holds a text that is not valid UTF-8; write it again as UTF-8, or the column as binary")
{
    /// <summary>The same as what is wrong with a row.</summary>
    public string In(string column) => $"'{column}' {Message}";
}
