namespace Unmask.Text.Tokenizers;

/// <summary>A text as tokens.</summary>
/// <param name="Ids">Token ids.</param>
/// <param name="Offsets">Where each token lies in the original text: half-open ranges counted in Unicode code points (not UTF-16 units, not bytes); (0, 0) for special tokens that were added.</param>
/// <param name="Tokens">What each token reads in the vocabulary, or the text an added token was found in.</param>
public sealed record TokenEncoding(int[] Ids, (int Start, int End)[] Offsets, string[] Tokens);
