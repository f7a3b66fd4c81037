namespace Unmask.Text.Tokenizers.Vocabularies;

/// <summary>A token found in the text before the model sees it.</summary>
/// <param name="Special">Part of the format, not of the language: left out of decoded text on request, and never read from text a user typed.</param>
/// <param name="LeftStrip">Takes white space before it along.</param>
/// <param name="RightStrip">Takes white space after it along.</param>
/// <param name="SingleWord">Is found only where no word character touches it.</param>
/// <param name="Normalized">Is looked for in the normalized text, in its own normalized form.</param>
public sealed record AddedToken(
    string Content, bool Special, bool LeftStrip = false, bool RightStrip = false, bool SingleWord = false, bool Normalized = false);

