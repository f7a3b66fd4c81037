namespace Unmask.Web.Security;

/// <summary>Why a request goes no further.</summary>
/// <param name="Status">4xx.</param>
/// <param name="Sentence">What is wrong, and what to do.</param>
internal sealed record Refusal(int Status, string Sentence);
