namespace Unmask.Core.Parameters;

public sealed partial record TrainParameters
{
    [Setting(SettingGroup.Data, "Dataset", "Training data: a file or folder (jsonl, json, csv, tsv, parquet, arrow, txt), or owner/name on the Hugging Face Hub. Row limits and a configuration go in brackets, several datasets are joined by +: a/b[train:1000,test:100]+c/d[name:x].", IsPath = true, MayBeJoined = true)]
    public string? Dataset { get; init; }

    [Setting(SettingGroup.Data, "Dataset format", "File format of the dataset. auto detects the format by name and content; set it when the detection is wrong.", Advanced = true)]
    public DatasetFormat DatasetFormat { get; init; } = DatasetFormat.Auto;

    [Setting(SettingGroup.Data, "Training split", "Split to train on when the dataset has named splits.", Advanced = true)]
    public string DatasetSplit { get; init; } = "train";

    [Setting(SettingGroup.Data, "Evaluation dataset", "Evaluation data: a file or folder, or owner/name on the Hugging Face Hub. Default: a named split of the dataset, else a validation split of its rows.", IsPath = true, MayBeJoined = true)]
    public string? EvalDataset { get; init; }

    [Setting(SettingGroup.Data, "Evaluation split", "Named split to evaluate on, such as validation. Default: the size set by eval_split.", Advanced = true)]
    public string? EvalDatasetSplit { get; init; }

    [Setting(SettingGroup.Data, "Validation split", "Fraction of rows held out for evaluation, selected by the seed. Used without an evaluation dataset or split, from 10 rows on; typically 0.01 to 0.1.", Minimum = 0, Maximum = 0.9)]
    public double EvalSplit { get; init; } = 0.1;

    [Setting(SettingGroup.Data, "Training rows", "Maximum number of training rows. Use a few hundred for a test run. Default: all.", Minimum = 1, Advanced = true)]
    public long? TrainRows { get; init; }

    [Setting(SettingGroup.Data, "Evaluation rows", "Maximum number of evaluation rows. Lower it when evaluations take long; typically 200 to 2,000. Default: all.", Minimum = 1, Advanced = true, Alias = "eval_max_rows")]
    public long? EvalRows { get; init; }

    [Setting(SettingGroup.Data, "Prompt column", "Column with the prompt. Set it when the column is not recognized.", Advanced = true)]
    public string? PromptColumn { get; init; }

    [Setting(SettingGroup.Data, "Response column", "Column with the response. Set it when the column is not recognized.", Advanced = true)]
    public string? ResponseColumn { get; init; }

    [Setting(SettingGroup.Data, "System column", "Column with the system prompt.", Advanced = true)]
    public string? SystemColumn { get; init; }

    [Setting(SettingGroup.Data, "Messages column", "Column with the list of messages. Set it when the column is not recognized.", Advanced = true)]
    public string? MessagesColumn { get; init; }

    [Setting(SettingGroup.Data, "Text column", "Column with plain text. Set it when the column is not recognized.", Advanced = true)]
    public string? TextColumn { get; init; }

    [Setting(SettingGroup.Data, "Label column", "Boolean column of unpaired preferences: rows with false are dropped. Default: label or kto_tag, when the column is boolean and there is a response.", Advanced = true)]
    public string? LabelColumn { get; init; }

    [Setting(SettingGroup.Data, "Role mapping", "Maps unknown message roles to system, user, assistant, tool or function, such as {narrator: user}. Set it when rows are rejected for an unknown role.", Advanced = true)]
    public ValueMap RoleMapping { get; init; } = ValueMap.Empty;

    [Setting(SettingGroup.Data, "Input template", "Jinja template of the user message, such as {{ question }}. Set it together with output_template when rows have other columns.", Advanced = true)]
    public string? InputTemplate { get; init; }

    [Setting(SettingGroup.Data, "Output template", "Jinja template of the assistant message, such as {{ answer }}.", Advanced = true)]
    public string? OutputTemplate { get; init; }

    [Setting(SettingGroup.Data, "Instruction template", "Jinja template of the system prompt.", Advanced = true)]
    public string? InstructionTemplate { get; init; }

    [Setting(SettingGroup.Data, "Mask prompt loss", "Masks and scores only the response; the prompt stays visible. Disable to train on whole rows.")]
    public bool MaskPromptLoss { get; init; } = true;

    [Setting(SettingGroup.Data, "Truncation", "Handling of rows longer than max_length: right truncates the end, filter drops the row.")]
    public Truncation Truncation { get; init; } = Truncation.Right;

    [Setting(SettingGroup.Data, "Supervised padding", "Scores the end-of-text padding after a response, so that the model learns to stop on a fixed canvas. Disable to hide the padding from the model.", Advanced = true)]
    public bool EosPadding { get; init; } = true;

    [Setting(SettingGroup.Data, "Group by length", "Forms batches of rows with similar length. Enable when lengths vary widely, to save padding.", Advanced = true)]
    public bool GroupByLength { get; init; }

    [Setting(SettingGroup.Data, "Pretraining rows", "Joins all texts and splits them into rows of max_length tokens, instead of one row per conversation. Use for plain text without prompts.", Advanced = true)]
    public bool Pretrain { get; init; }

    [Setting(SettingGroup.Data, "End-of-text token", "Inserts an end-of-text token after each text in pretraining.", Advanced = true, OnlyFor = SettingScope.Pretraining)]
    public bool InsertEos { get; init; } = true;

    [Setting(SettingGroup.Data, "Drop last row", "Drops the last incomplete row in pretraining.", Advanced = true, OnlyFor = SettingScope.Pretraining)]
    public bool DropTail { get; init; } = true;

    [Setting(SettingGroup.Data, "Data workers", "Parallel workers that prepare the dataset, limited to the CPU cores. Lower it when memory is short; typically 1 to 8.", Minimum = 1, Maximum = 1024, Advanced = true)]
    public int NumProc { get; init; } = 8;
}
