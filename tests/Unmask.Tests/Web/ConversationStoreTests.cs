using System.Text.Json;
using Unmask.Core.Chats;
using Unmask.Core.Service;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Web;

public sealed class ConversationStoreTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private ConversationStore Shelf => new(folder.Path);

    [Fact]
    public void A_conversation_is_kept_with_its_settings_and_comes_back_whole()
    {
        var begun = Shelf.Begin("What is a mask,  and\nwhy does anybody take it off again at the end?", " Be brief. ");
        Assert.Empty(Shelf.All);
        var exchange = Exchange("What is a mask?", "A hole.") with { Sampler = new SamplerChoices { Steps = 4, Temperature = 0.5, Remasking = Core.Parameters.Remasking.Random } };

        var kept = Shelf.Add(Shelf.Add(begun, exchange), Exchange("ab___", "abcde") with { Gaps = true });

        Assert.Equal("What is a mask, and why does anybody take it off…", kept.Name);
        var read = Shelf.Find(kept.Id)!;
        Assert.Equal(JsonSerializer.Serialize(kept), JsonSerializer.Serialize(read));
        Assert.Equal((4, 0.5, "Be brief."), (read.Exchanges[0].Sampler.Steps, read.Exchanges[0].Sampler.Temperature, read.System));
        Assert.Equal((kept.Id, 2), (Assert.Single(Shelf.All).Id, Assert.Single(Shelf.All).Questions));
        Assert.Equal(["system: Be brief.", "user: What is a mask?", "assistant: A hole."], read.TurnsOf(0).Select(turn => $"{turn.Role}: {turn.Content}"));
    }

    [Fact]
    public void What_two_pages_add_at_once_is_all_there()
    {
        var shelf = Shelf;
        var seen = shelf.Add(shelf.Begin("a", null), Exchange("a", "b"));

        shelf.Add(seen, Exchange("c", "d"));
        shelf.Add(seen, Exchange("e", "f"));

        Assert.Equal(["a", "c", "e"], shelf.Find(seen.Id)!.Exchanges.Select(exchange => exchange.Asked));
    }

    [Fact]
    public void Names_change_and_what_was_deleted_comes_back()
    {
        var shelf = Shelf;
        var id = shelf.Add(shelf.Begin("a", null), Exchange("a", "b")).Id;
        Assert.Equal("My first", shelf.Rename(id, " My\n first ").Name);
        Assert.Throws<UserError>(() => shelf.Rename(id, " "));

        Assert.True(shelf.Delete(id));
        Assert.False(shelf.Delete(id));
        Assert.Empty(shelf.All);
        Assert.Null(shelf.Find(id));
        shelf.Restore(id);

        Assert.Equal("My first", Assert.Single(shelf.All).Name);
        Assert.Throws<UserError>(() => shelf.Restore(id));
        Assert.Null(shelf.Find("../secrets"));
    }

    [Fact]
    public void A_damaged_file_and_one_of_a_later_version_are_told_and_hide_no_other()
    {
        var shelf = Shelf;
        var good = shelf.Add(shelf.Begin("a", null), Exchange("a", "b")).Id;
        File.WriteAllText(Path.Combine(folder.Path, "broken.json"), "{");
        File.WriteAllText(Path.Combine(folder.Path, "later.json"), """{"v":9,"id":"later","name":"x","created":"2026-01-31T12:00:00Z"}""");

        Assert.Equal(3, shelf.All.Count);
        Assert.Null(shelf.All.Single(glance => glance.Id == good).Problem);
        Assert.Contains("cannot be read", shelf.All.Single(glance => glance.Id == "broken").Problem);
        Assert.Contains("later version", Assert.Throws<UserError>(() => shelf.Find("later")).Message);
    }

    [Fact]
    public void The_export_has_a_row_for_each_model_with_what_it_answered_to_the_end()
    {
        var shelf = Shelf;
        var first = shelf.Add(shelf.Begin("a", null), Exchange("a", "b", "c"));
        shelf.Add(first, new ChatExchange("d", DateTimeOffset.UnixEpoch, [Answer("e"), Answer("half") with { End = AnswerEnd.Stopped }]));

        var rows = ConversationExport.ToJsonLines([shelf.Find(first.Id)!]);

        Assert.Equal(
            """
            {"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"d"},{"role":"assistant","content":"e"}]}
            {"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"c"}]}

            """.ReplaceLineEndings("\n"), rows);
        Assert.Throws<UserError>(() => ConversationExport.ToJsonLines([]));
    }

    public void Dispose() => folder.Dispose();

    private static ChatExchange Exchange(string asked, params string[] answers) => new(asked, DateTimeOffset.UnixEpoch, [.. answers.Select(Answer)]);

    private static ChatAnswer Answer(string text) => new(new ChatParty("tiny", "tiny"), text, AnswerEnd.Done) { Steps = 2, Canvas = [new(text, 1, 0.5f), new("", 2, 0.25f, true)] };
}
