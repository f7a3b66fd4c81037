using Unmask.Core.Hub.Datasets;

namespace Unmask.Core.Parameters.Import;

/// <summary>dllm's <c>dataset_args</c> as settings.</summary>
internal static class DllmData
{
    /// <summary>Datasets of which dllm holds out a twentieth.</summary>
    private static readonly string[] HeldOutATwentieth = ["tatsu-lab/alpaca", "allenai/tulu-3-sft-mixture", "opc-sft-stage1", "opc-sft-stage2"];

    public static void Take(ImportDraft draft, string text, string? comment)
    {
        IReadOnlyList<DatasetPart> parts;
        try
        {
            parts = DatasetSpec.Parse(text);
        }
        catch (FormatException wrong)
        {
            draft.LeaveOut($"dataset_args (\"{text}\"): {wrong.Message}; set dataset.");
            return;
        }

        if (parts is not [{ } part])
        {
            draft.Take("dataset", string.Join('+', parts.Select(Understood)), "dataset_args", comment);
            foreach (var one in parts.Where(one => one.Limits.Count > 1)) draft.Change($"dataset has {one}: where that dataset has one split, dllm evaluates on rows that it trains on too; here they are kept apart. overlap:true in the brackets repeats the original.");
            return;

            DatasetPart Understood(DatasetPart one)
            {
                string[] unknown = [.. one.Options.Where(option => option.Key is not (DatasetPart.ConfigKey or DatasetPart.LanguageKey) && DatasetPart.Limit(option.Value) is null).Select(option => option.Key)];
                foreach (var key in unknown) draft.LeaveOut($"{key}:{one.Options[key]} of dataset_args: there is no such option.");
                return one with { Options = one.Options.Where(option => !unknown.Contains(option.Key)).ToDictionary() };
            }
        }

        if (part.Name is not { } name)
        {
            draft.LeaveOut($"dataset_args (\"{text}\"): a dataset as key=value pairs cannot be taken over; set dataset.");
            return;
        }

        SharedSettings.TakeSource(draft, "dataset", new DatasetPart(name, null, part.Options.Where(option => option.Key is DatasetPart.ConfigKey or DatasetPart.LanguageKey).ToDictionary()).ToString(), "dataset_args", comment);
        TakeOptions(draft, part);
        if (HeldOutATwentieth.FirstOrDefault(known => name.Contains(known, StringComparison.OrdinalIgnoreCase)) is { } known)
        {
            draft.Take("eval_split", "0.05", comment: $"as dllm does for {known}");
        }
        else if (draft.Has("train_rows") && draft.Has("eval_rows"))
        {
            draft.Change("Evaluation rows: where the dataset has one split, dllm evaluates on its first rows, which it trains on too; here they are held out from training. A dataset's own validation or test split is used where there is one.");
        }
    }

    private static void TakeOptions(ImportDraft draft, DatasetPart part)
    {
        string? evaluated = null;
        foreach (var (key, value) in part.Options)
        {
            if (key is DatasetPart.ConfigKey or DatasetPart.LanguageKey) continue;
            if (DatasetPart.Limit(value) is not { } limit)
            {
                draft.LeaveOut($"{key}:{value} of dataset_args: there is no such option.");
            }
            else if (key == "train")
            {
                draft.Take("train_rows", limit, comment: "train in dataset_args");
            }
            else if (evaluated is null)
            {
                evaluated = key;
                draft.Take("eval_rows", limit, comment: $"{key} in dataset_args");
            }
            else
            {
                draft.LeaveOut($"{key}:{value} of dataset_args: one split is evaluated, and {evaluated} is named before it.");
            }
        }
    }
}
