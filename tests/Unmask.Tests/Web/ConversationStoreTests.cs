using System.Text.Json;
using Unmask.Core.Chats;
using Unmask.Core.Protocol;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Web;

public sealed class ConversationStoreTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private ConversationStore Store => new(folder.Path);

    [Fact]
    public void A_conversation_is_kept_with_its_settings_and_comes_back_whole()
    {
        var begun = Store.Begin("What is a mask,  and\nwhy does anybody take it off again at the end?", " Be brief. ");
        Assert.Empty(Store.All);
        var exchange = Exchange("What is a mask?", "A hole.") with { Sampler = new SamplerChoices { Steps = 4, Temperature = 0.5, Remasking = Core.Parameters.Remasking.Random } };

        var kept = Store.Add(Store.Add(begun, exchange), Exchange("ab___", "abcde") with { Gaps = true });

        Assert.Equal("What is a mask, and why does anybody take it off…", kept.Name);
        var read = Store.Find(kept.Id)!;
        Assert.Equal(JsonSerializer.Serialize(kept), JsonSerializer.Serialize(read));
        Assert.Equal((4, 0.5, "Be brief."), (read.Exchanges[0].Sampler.Steps, read.Exchanges[0].Sampler.Temperature, read.System));
        Assert.Equal((kept.Id, 2), (Assert.Single(Store.All).Id, Assert.Single(Store.All).Questions));
        Assert.Equal(["system: Be brief.", "user: What is a mask?", "assistant: A hole."], read.TurnsOf(0).Select(turn => $"{turn.Role}: {turn.Content}"));
    }

    [Fact]
    public void What_two_pages_add_at_once_is_all_there()
    {
        var store = Store;
        var seen = store.Add(store.Begin("a", null), Exchange("a", "b"));

        store.Add(seen, Exchange("c", "d"));
        store.Add(seen, Exchange("e", "f"));

        Assert.Equal(["a", "c", "e"], store.Find(seen.Id)!.Exchanges.Select(exchange => exchange.Asked));
    }

    [Fact]
    public void Names_change_and_what_was_deleted_comes_back()
    {
        var store = Store;
        var id = store.Add(store.Begin("a", null), Exchange("a", "b")).Id;
        Assert.Equal("My first", store.Rename(id, " My\n first ").Name);
        Assert.Throws<UserError>(() => store.Rename(id, " "));

        Assert.True(store.Delete(id));
        Assert.False(store.Delete(id));
        Assert.Empty(store.All);
        Assert.Null(store.Find(id));
        store.Restore(id);

        Assert.Equal("My first", Assert.Single(store.All).Name);
        Assert.Throws<UserError>(() => store.Restore(id));
        Assert.Null(store.Find("../secrets"));
    }

    [Fact]
    public void A_damaged_file_and_one_of_a_later_version_are_told_and_hide_no_other()
    {
        var store = Store;
        var good = store.Add(store.Begin("a", null), Exchange("a", "b")).Id;
        File.WriteAllText(Path.Combine(folder.Path, "broken.json"), "{");
        File.WriteAllText(Path.Combine(folder.Path, "later.json"), """{"v":9,"id":"later","name":"x","created":"2026-01-31T12:00:00Z"}""");

        Assert.Equal(3, store.All.Count);
        Assert.Null(store.All.Single(glance => glance.Id == good).Problem);
        Assert.Contains("cannot be read", store.All.Single(glance => glance.Id == "broken").Problem);
        Assert.Contains("later version", Assert.Throws<UserError>(() => store.Find("later")).Message);
    }

    [Fact]
    public void The_export_has_a_row_for_each_model_with_what_it_answered_to_the_end()
    {
        var store = Store;
        var first = store.Add(store.Begin("a", null), Exchange("a", "b", "c"));
        store.Add(first, new ChatExchange("d", DateTimeOffset.UnixEpoch, [Answer("e"), Answer("half") with { End = AnswerEnd.Stopped }]));

        var rows = ConversationExport.ToJsonLines([store.Find(first.Id)!]);

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
