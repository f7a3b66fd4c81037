namespace Unmask.Core.Parameters;

public sealed partial record TrainParameters
{
    [Setting(SettingGroup.Data, "Dataset", "File or folder with the training rows (jsonl, json, csv, tsv, parquet, arrow or txt), or owner/name of a dataset of the Hugging Face Hub. Row limits and a configuration stand in brackets, several are joined by +: a/b[train:1000,test:100]+c/d[name:x].", IsPath = true, MayBeJoined = true)]
    public string? Dataset { get; init; }

    [Setting(SettingGroup.Data, "Format of the dataset", "auto goes by the file's name and content.", Advanced = true)]
    public DatasetFormat DatasetFormat { get; init; } = DatasetFormat.Auto;

    [Setting(SettingGroup.Data, "Training split", "Which split to train on where the dataset has named splits.", Advanced = true)]
    public string DatasetSplit { get; init; } = "train";

    [Setting(SettingGroup.Data, "Evaluation dataset", "File or folder with the evaluation rows, or owner/name of a dataset of the Hugging Face Hub. Left out: a named split of the dataset, or rows held out from it.", IsPath = true, MayBeJoined = true)]
    public string? EvalDataset { get; init; }

    [Setting(SettingGroup.Data, "Evaluation split name", "Which named split to evaluate on, e.g. validation. Left out: rows are held out by eval_split.", Advanced = true)]
    public string? EvalDatasetSplit { get; init; }

    [Setting(SettingGroup.Data, "Held-out share", "Share of the rows that is held out for evaluation, chosen by the seed; used when there is no evaluation dataset or split, and at least 10 rows.", Minimum = 0, Maximum = 0.9)]
    public double EvalSplit { get; init; } = 0.1;

    [Setting(SettingGroup.Data, "Training rows", "Use at most this many training rows. Left out: all.", Minimum = 1, Advanced = true)]
    public long? TrainRows { get; init; }

    [Setting(SettingGroup.Data, "Evaluation rows", "Use at most this many evaluation rows. Left out: all.", Minimum = 1, Advanced = true, Alias = "eval_max_rows")]
    public long? EvalRows { get; init; }

    [Setting(SettingGroup.Data, "Prompt column", "Column with the prompt, where it is not recognized.", Advanced = true)]
    public string? PromptColumn { get; init; }

    [Setting(SettingGroup.Data, "Response column", "Column with the response, where it is not recognized.", Advanced = true)]
    public string? ResponseColumn { get; init; }

    [Setting(SettingGroup.Data, "System column", "Column with the system message.", Advanced = true)]
    public string? SystemColumn { get; init; }

    [Setting(SettingGroup.Data, "Messages column", "Column with the list of messages, where it is not recognized.", Advanced = true)]
    public string? MessagesColumn { get; init; }

    [Setting(SettingGroup.Data, "Text column", "Column with plain text, where it is not recognized.", Advanced = true)]
    public string? TextColumn { get; init; }

    [Setting(SettingGroup.Data, "Label column", "Column that says whether the answer is a good one (unpaired preferences): rows where it is false are dropped. Default: label or kto_tag, where it holds true and false beside an answer.", Advanced = true)]
    public string? LabelColumn { get; init; }

    [Setting(SettingGroup.Data, "Role mapping", "What roles of messages stand for that are not known by themselves: system, user, assistant, tool or function, e.g. {narrator: user}. Set it where rows are bad because of an unknown role.", Advanced = true)]
    public ValueMap RoleMapping { get; init; } = ValueMap.Empty;

    [Setting(SettingGroup.Data, "Input template", "Jinja template over a row that gives the user message, e.g. {{ question }}.", Advanced = true)]
    public string? InputTemplate { get; init; }

    [Setting(SettingGroup.Data, "Output template", "Jinja template over a row that gives the assistant message.", Advanced = true)]
    public string? OutputTemplate { get; init; }

    [Setting(SettingGroup.Data, "Instruction template", "Jinja template over a row that gives the system message.", Advanced = true)]
    public string? InstructionTemplate { get; init; }

    [Setting(SettingGroup.Data, "Mask prompt loss", "Only the response is masked and scored; the prompt is given.")]
    public bool MaskPromptLoss { get; init; } = true;

    [Setting(SettingGroup.Data, "Truncation", "Rows longer than max_length: right cuts their end, filter leaves them out.")]
    public Truncation Truncation { get; init; } = Truncation.Right;

    [Setting(SettingGroup.Data, "Supervise padding", "The end-of-text padding of a response belongs to what is learned, so that the model learns where to stop on a fixed canvas. false hides padding from the model.", Advanced = true)]
    public bool EosPadding { get; init; } = true;

    [Setting(SettingGroup.Data, "Group by length", "Batches hold rows of similar length.", Advanced = true)]
    public bool GroupByLength { get; init; }

    [Setting(SettingGroup.Data, "Pretraining rows", "Join all texts and cut them into rows of max_length tokens, instead of one row a conversation.", Advanced = true)]
    public bool Pretrain { get; init; }

    [Setting(SettingGroup.Data, "End token between texts", "In pretraining, put an end-of-text token after each text.", Advanced = true, OnlyFor = SettingScope.Pretraining)]
    public bool InsertEos { get; init; } = true;

    [Setting(SettingGroup.Data, "Drop the tail", "In pretraining, drop the last row when it is not full.", Advanced = true, OnlyFor = SettingScope.Pretraining)]
    public bool DropTail { get; init; } = true;

    [Setting(SettingGroup.Data, "Processes", "Parallel workers that prepare the data; never more than the machine has cores.", Minimum = 1, Maximum = 1024, Advanced = true)]
    public int NumProc { get; init; } = 8;
}
