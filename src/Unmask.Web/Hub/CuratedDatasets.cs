namespace Unmask.Web.Hub;

/// <summary>A dataset of the Hub that chat models are tuned on.</summary>
/// <param name="Id">owner/name.</param>
/// <param name="Title">For people.</param>
/// <param name="Text">What is in it.</param>
/// <param name="Rows">Rows, about.</param>
/// <param name="Bytes">Size, about.</param>
/// <param name="License">Its license, as the Hub names it.</param>
public sealed record CuratedDataset(string Id, string Title, string Text, long Rows, long Bytes, string License)
{
    /// <summary>Those that are offered, the smallest first.</summary>
    public static IReadOnlyList<CuratedDataset> All { get; } =
    [
        new("databricks/databricks-dolly-15k", "Dolly 15k", "Instructions and answers written by people.", 15_011, 13_085_339, "cc-by-sa-3.0"),
        new("tatsu-lab/alpaca", "Alpaca", "Instructions and answers written by a model; not for commercial use.", 52_002, 24_246_638, "cc-by-nc-4.0"),
        new("allenai/tulu-3-sft-mixture", "Tulu 3", "A large mixture of conversations, mathematics and code.", 939_343, 1_413_000_000, "odc-by"),
        new("HuggingFaceTB/smoltalk", "SmolTalk", "One million conversations for small models (configuration all).", 1_043_917, 2_170_000_000, "apache-2.0"),
    ];
}
