namespace Unmask.Text.Tokenizers;

/// <summary>A token that is set in a text whatever the text says there.</summary>
/// <param name="Start">Where it begins, in UTF-16 units.</param>
/// <param name="End">Where it ends; the place of the next token may be the same.</param>
/// <param name="Id">Its id.</param>
public sealed record SetToken(int Start, int End, int Id);
