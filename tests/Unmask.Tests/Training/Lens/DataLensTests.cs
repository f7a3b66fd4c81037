using Unmask.Core.Data;
using Unmask.Core.Parameters;
using Unmask.Engine.Lens;
using Unmask.Primitives;
using Xunit;
using static Unmask.Core.Data.TokenRole;

namespace Unmask.Tests.Training.Lens;

public sealed class DataLensTests
{
    private const string Short = """{"prompt": "w1 w2", "response": "w3"}""";
    private const string Long = """{"prompt": "w1", "response": "w3 w4 w5 w6"}""";

    [Theory]
    [InlineData(TrainingMethod.Bert, Padding)]
    [InlineData(TrainingMethod.Llada, Padding)]
    [InlineData(TrainingMethod.Dream, BlindPadding)]
    public void Prompts_are_given_answers_scored_and_padding_is_what_the_method_makes_of_it(TrainingMethod method, TokenRole padding)
    {
        using var model = new WordModel(method);
        model.WriteRows(Short, Long);
        var rows = model.Look().Rows;

        Assert.Equal(["Q", " w1", " w2", " A", " w3", " [EOS]", " [PAD]", " [PAD]"], rows[0].Tokens.Select(token => token.Text));
        Assert.Equal([Prompt, Prompt, Prompt, Prompt, Response, Response, padding, padding], rows[0].Tokens.Select(token => token.Role));
        Assert.Equal(new LensCounts(Tokens: 6, Prompt: 4, Response: 2, Cut: 0, Padding: 2, Scored: 4), rows[0].Counts);
        Assert.Equal([Prompt, Prompt, Prompt, Response, Response, Response, Response, Response], rows[1].Tokens.Select(token => token.Role));
        Assert.All(rows, row => Assert.Equal(("prompt/response", RowStatus.Kept, null), (row.Rule, row.Status, row.Reason)));
        Assert.Equal([1, 2], rows.Select(row => row.Row));
        Assert.Equal("Q w1 w2 A w3[EOS] ", rows[0].Text);
        Assert.False(Directory.EnumerateFiles(model["model"], "*.safetensors").Any());
    }

    [Fact]
    public void Padding_that_is_not_learned_is_unscored()
    {
        using var model = new WordModel(TrainingMethod.Llada);
        model.WriteRows(Short, Long);
        var rows = model.Look(change: p => p with { EosPadding = false }).Rows;

        Assert.Equal([Unscored, Unscored], rows[0].Tokens.Skip(6).Select(token => token.Role));
        Assert.Equal(2, rows[0].Counts.Scored);
    }

    [Fact]
    public void A_model_that_predicts_the_next_token_gets_one_in_front_of_rows_that_are_learned_whole()
    {
        using var model = new WordModel(TrainingMethod.Dream);
        model.WriteRows(Short, Long);
        var view = model.Look(change: p => p with { MaskPromptLoss = false, MaxLength = 7 });

        Assert.True(view.ShiftsLogits);
        Assert.Equal((8, WordModel.Bos, Begin), (view.Width, view.Rows[0].Tokens[0].Id, view.Rows[0].Tokens[0].Role));
        Assert.Equal([Begin, .. Enumerable.Repeat(Response, 6), BlindPadding], view.Rows[0].Tokens.Select(token => token.Role));
        Assert.Equal([Begin, .. Enumerable.Repeat(Response, 7), Cut], view.Rows[1].Tokens.Select(token => token.Role));
        Assert.Contains(view.Notes, note => note.Contains("perbatch_cutoff", StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_cut_or_left_out_is_told_with_the_reason()
    {
        using var model = new WordModel(TrainingMethod.Bert);
        model.WriteRows(Short, Long, """{"prompt": "w1 w2 w3 w4 w5", "response": "w6"}""", """{"prompt": "w1", "response": ""}""", "not json", """{"prompt": "w9", "response": "w8"}""");
        var rows = model.Look(new RowSelection([], 6), change: p => p with { MaxLength = 7, TrainRows = 4 }).Rows;

        Assert.Equal([RowStatus.Kept, RowStatus.Truncated, RowStatus.PromptFillsLimit, RowStatus.BadLine, RowStatus.BadLine, RowStatus.BeyondLimit], rows.Select(row => row.Status));
        Assert.Equal([Prompt, Prompt, Prompt, Response, Response, Response, Response, Cut], rows[1].Tokens.Select(token => token.Role));
        Assert.Equal("Truncated: 8 tokens, max_length is 7; the last 1 tokens are removed, including the end of the response.", rows[1].Reason);
        Assert.Equal([.. Enumerable.Repeat(Prompt, 7), Cut, Cut], rows[2].Tokens.Select(token => token.Role));
        Assert.Contains("the prompt has 7 tokens", rows[2].Reason);
        Assert.Contains("'response' is empty", rows[3].Reason);
        Assert.Empty(rows[4].Tokens);
        Assert.Contains("train_rows is 4", rows[5].Reason);

        var filtered = model.Look(new RowSelection([2], 0), change: p => p with { MaxLength = 7, Truncation = Truncation.Filter }).Rows.Single();
        Assert.Equal([Prompt, Prompt, Prompt, Unscored, Unscored, Unscored, Unscored, Cut], filtered.Tokens.Select(token => token.Role));
        Assert.Equal("Dropped: 8 tokens, max_length is 7, and truncation is filter.", filtered.Reason);
    }

    [Fact]
    public void Rows_are_found_by_their_line_and_all_that_are_not_there_are_told()
    {
        using var model = new WordModel(TrainingMethod.Bert);
        model.WriteRows(Short, "", Long);

        Assert.Equal([3], model.Look(new RowSelection([3], 0)).Rows.Select(row => row.Row));
        var error = Assert.Throws<UserError>(() => model.Look(new RowSelection([2, 1, 9], 0)));
        Assert.Equal(2, error.Problems.Count);
        Assert.EndsWith("begins on line 2; the nearest begin on line 1 and line 3.", error.Problems[0]);
        Assert.EndsWith("begins on line 9; the nearest begins on line 3.", error.Problems[1]);
    }

    [Fact]
    public void A_limit_of_this_version_bears_on_no_row_and_a_model_of_another_method_does()
    {
        using var model = new WordModel(TrainingMethod.Bert);
        model.WriteRows(Short);

        Assert.Single(model.Look(change: p => p with { TrainDevice = TrainDevice.Tpu }).Rows);
        var error = Assert.Throws<UserError>(() => model.Look(change: p => p with { TrainingMethod = TrainingMethod.Dream }));
        Assert.Contains("Set training_method to bert", error.Message);
    }
}
