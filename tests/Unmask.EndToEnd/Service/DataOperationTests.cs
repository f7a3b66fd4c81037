using Unmask.Core.Data;
using Unmask.Core.Parameters;
using Unmask.Core.Protocol;
using Unmask.Core.Protocol.Client;
using Unmask.Primitives;
using Xunit;

namespace Unmask.EndToEnd.Service;

/// <summary>Operations on data and settings, asked of a real engine.</summary>
public sealed class DataOperationTests : IAsyncDisposable
{
    private readonly Workplace place = new();
    private readonly EngineProcess engine;

    public DataOperationTests() => engine = Engines.Start(place.Folder);

    private RecipeText Recipe => new() { Yaml = File.ReadAllText(place.Recipe()), Folder = place.Folder };

    [Fact]
    public async Task A_plan_tells_all_and_is_quicker_the_second_time()
    {
        var phases = new List<string>();
        var plan = await engine.AskAsync(new PlanRequest(Recipe), progress => phases.Add(progress.Phase));
        Assert.True(plan.CanStart, string.Join('\n', plan.Problems));
        Assert.Equal((54, 6), (plan.Data!.TrainRows, plan.Data.EvalRows));
        Assert.Equal(2, plan.Steps!.Total);
        Assert.True(plan.Memory!.Peak > plan.Memory.Weights);
        Assert.Contains("tokenizing", phases);

        phases.Clear();
        var other = await engine.AskAsync(new PlanRequest(Recipe with { Overrides = ["batch_size=8"] }, Probe: true), progress => phases.Add($"{progress.Phase} {progress.Detail}"));
        Assert.Equal(plan.Data.TrainFingerprint, other.Data!.TrainFingerprint);
        Assert.DoesNotContain("tokenizing tokenizing", phases);
        Assert.True(other.Probe!.SecondsPerStep > 0);

        var wrong = await engine.AskAsync(new PlanRequest(Recipe with { Overrides = ["train_steps=0", "batch_size=0"] }));
        Assert.False(wrong.CanStart);
        Assert.Null(wrong.Steps);
    }

    [Fact]
    public async Task Rows_are_rendered_with_their_noise()
    {
        var rendered = await engine.AskAsync(new RenderRequest(Recipe) { Rows = [2, 5], Noise = true });

        Assert.Equal([2, 5], rendered.View.Rows.Select(row => row.Row));
        var row = rendered.View.Rows[0];
        Assert.Equal(row.Counts.Tokens + row.Counts.Padding, row.Tokens.Count);
        Assert.Contains(row.Tokens, token => token.Role == TokenRole.Response);
        Assert.All(rendered.View.Rows.Where(shown => shown.Status == RowStatus.Kept), shown => Assert.Equal(9, shown.Noise!.Count));

        var problem = await Assert.ThrowsAsync<UserError>(() => engine.AskAsync(new RenderRequest(Recipe) { Rows = [1000] }));
        Assert.Contains("1000", problem.Message);
    }

    [Fact]
    public async Task A_data_set_is_looked_through()
    {
        File.WriteAllLines(place.In("mixed.jsonl"),
        [
            """{"prompt": "äb", "response": "c"}""",
            """{"prompt": "ab", "response": "cde"}""",
            "{broken",
            """{"prompt": "ab", "response": "cde"}""",
            """{"prompt": "ab", "response": ""}""",
            """{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}], "score": 3}""",
        ]);

        var seen = await engine.AskAsync(new DataInspectRequest("mixed.jsonl") { Recipe = Recipe });

        var split = Assert.Single(seen.Splits);
        Assert.Equal(("train", 5L, DatasetFormat.Jsonl), (split.Name, seen.Rows, split.Files[0].Format));
        Assert.Equal((1, 3), (split.Rules["messages"], split.Rules["prompt/response"]));
        Assert.Equal([3, 5], seen.FirstBadLines.Select(bad => (int)bad.Line).Order());
        Assert.Equal((2, 1, 5), (seen.BadLines, seen.Duplicates, seen.DuplicatesLookedFor));
        Assert.Equal(["prompt", "response", "messages", "score"], seen.Columns.Select(column => column.Name));
        Assert.Equal((0.6, 4), seen.Columns[1] is var response ? (response.FilledShare, response.Types["text"]) : default);
        Assert.Equal(1, seen.Columns[3].Types["number"]);
        Assert.Equal((4, 3L), (seen.Characters.Response.Count, seen.Characters.Response.Longest));
        Assert.Equal(1.0 / 17, seen.Characters.BeyondAscii, 6);
        Assert.Equal(4, seen.Tokens!.Total.Count);
        Assert.Equal(0, seen.Tokens.Total.ShareAbove((int)seen.Tokens.Total.Longest));
        Assert.Equal(1, seen.Tokens.Total.ShareAbove(0));

        Assert.Null((await engine.AskAsync(new DataInspectRequest("rows.jsonl"))).Tokens);
        var missing = await Assert.ThrowsAsync<UserError>(() => engine.AskAsync(new DataInspectRequest("nowhere.jsonl")));
        Assert.Contains("nowhere.jsonl", missing.Message);
    }

    [Fact]
    public async Task Rows_are_leafed_through_and_searched()
    {
        File.WriteAllLines(place.In("long.jsonl"), Enumerable.Range(0, 1000).Select(i => $$"""{"text": "row {{i}}{{(i == 700 ? new string('x', 50) : "")}}", "inner": [{"list": ["Needle {{i % 300}}"]}]}"""));

        var first = await engine.AskAsync(new DataRowsRequest("long.jsonl", Limit: 10) { LongestText = 20 });
        Assert.Equal((10, 10L, 0L, 1L), (first.Rows.Count, first.Next!.Value, first.Rows[0].Index, first.Rows[0].Line));
        var far = await engine.AskAsync(new DataRowsRequest("long.jsonl", Offset: 700, Limit: 400) { LongestText = 20 });
        Assert.Equal((300, "row 700xxxxxxxxxxxxx", true, false), (far.Rows.Count, (string)far.Rows[0].Cells["text"].Value!, far.Rows[0].Cells["text"].Cut, far.Rows[1].Cells["text"].Cut));
        Assert.Null(far.Next);

        var found = await engine.AskAsync(new DataRowsRequest("long.jsonl", Limit: 3) { Search = "needle 299" });
        Assert.Equal([299, 599, 899], found.Rows.Select(row => row.Index));
        Assert.Equal(900, found.Next);
        Assert.Contains("split 'test'", (await Assert.ThrowsAsync<UserError>(() => engine.AskAsync(new DataRowsRequest("long.jsonl") { Split = "test" }))).Message);
    }

    [Fact]
    public async Task A_large_file_is_looked_through_with_progress_and_can_be_left()
    {
        using (var file = new StreamWriter(place.In("large.jsonl")))
        {
            for (var i = 0; i < 400_000; i++) await file.WriteAsync($$"""{"prompt": "question {{i}}", "response": "answer {{i}} of some length"}""" + "\n");
        }

        using var stop = new CancellationTokenSource();
        var told = new List<EngineProgress>();
        var looking = engine.AskAsync(new DataInspectRequest("large.jsonl"), progress =>
        {
            told.Add(progress);
            if (told.Count == 2) stop.Cancel();
        }, stop.Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => looking);
        Assert.All(told, progress => Assert.Equal(("reading", "bytes", new FileInfo(place.In("large.jsonl")).Length), (progress.Phase, progress.Unit, progress.Total!.Value)));
        await engine.AskAsync(new MachineRequest());
    }

    public async ValueTask DisposeAsync()
    {
        await engine.DisposeAsync();
        place.Dispose();
    }
}
