using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Web;
using Xunit;

namespace Unmask.EndToEnd.Web;

/// <summary>A home folder in which something of every kind is torn, as after a power cut: the workbench starts, shows what it cannot read with why, and all the rest.</summary>
public sealed class DamagedHomeTests
{
    [Fact]
    public async Task The_workbench_starts_and_shows_what_it_cannot_read()
    {
        await using var server = await Server.Start(prepare: Damage);
        foreach (var (page, reason) in ((string, string)[])
        [
            ("/", "bad/config.yaml"), ("/runs", "bad/config.yaml"), .. ((string[])["", "/config", "/samples", "/log", "/checkpoints", "/outputs"]).Select(tab => ("/runs/bad" + tab, "The folder of this run cannot be read.")),
            ("/runs/bad/config", "is not valid YAML"), ("/runs/gift", "is not queued"), ("/datasets", "dataset.json"), ("/datasets/bad", "dataset.json"), ("/models", "config.json"), ("/train", "problem"), ("/train", "The template file cannot be read."),
            ("/templates/bad", "is not valid YAML"), ("/templates/bad", "? &a [*a]"), ("/templates/later", "to_come is not a setting"), ("/train/new", "New runs start from this template"), ("/train/new?from=later", "to_come: 1"),
            ("/train/new?run=later", "to_come is not a setting"), ("/train/new?run=later", "model_size: tiny"), ("/compare?runs=later&runs=gift", "Not compared, because the settings cannot be read"),
        ])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, page) { Headers = { Accept = { new MediaTypeWithQualityHeaderValue("text/html") } } };
            using var answer = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
            var text = HttpUtility.HtmlDecode(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            Assert.True(answer.StatusCode == HttpStatusCode.OK && text.Contains(reason, StringComparison.Ordinal), $"{page}: {answer.StatusCode} {text[..Math.Min(300, text.Length)]}");
        }

        foreach (var (address, reason) in ((string, string)[])[("/api/runs", "\"unreadable\""), ("/api/runs/bad", "config.yaml"), ("/api/datasets", "dataset.json"), ("/api/models", "config.json"), ("/api/templates", "valid YAML"), ("/api/chats", "cannot be read"), ("/api/search", "gift"), ("/api/queue", "\"waiting\":[]")])
            Assert.Contains(reason, await server.Client.GetStringAsync(address, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_read_is_not_written_over()
    {
        await using var server = await Server.Start(prepare: Damage);
        var stop = TestContext.Current.CancellationToken;
        var token = (await server.Client.GetStringAsync("/settings", stop)).Split("__RequestVerificationToken\" value=\"")[1].Split('"')[0];
        foreach (var (name, text) in ((string, string)[])[("bad", Bad), ("later", Later)])
        {
            Assert.Equal(text, await server.Client.GetStringAsync($"/templates/{name}/recipe.yaml", stop));
            using var put = await server.Client.PutAsJsonAsync($"/api/templates/{name}", new { title = "x", recipe = "batch_size: 3\nmodel_size: tiny\ndataset: rows.jsonl" }, stop);
            Assert.Equal(HttpStatusCode.UnprocessableEntity, put.StatusCode);
            Assert.Contains("would lose its contents", await put.Content.ReadAsStringAsync(stop), StringComparison.Ordinal);
            using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["__RequestVerificationToken"] = token, ["_handler"] = "training", ["title"] = "x", ["do"] = "save", ["dataset"] = "rows.jsonl", ["model_size"] = "tiny" });
            using var saved = await server.Client.PostAsync($"/templates/{name}", form, stop);
            Assert.Contains("would lose its contents", await saved.Content.ReadAsStringAsync(stop), StringComparison.Ordinal);
            using var export = await server.Client.GetAsync($"/templates/{name}/transformer-lab.json", stop);
            Assert.Equal(HttpStatusCode.UnprocessableEntity, export.StatusCode);
            Assert.Equal(text, await File.ReadAllTextAsync(Path.Combine(server.Home, "templates", name + ".yaml"), stop));
        }

        foreach (var (file, recipe, reason) in ((string, string, string)[])[("bomb.yaml", Bad, "alias"), ("deep.yaml", "model_config: " + new string('[', 5000), "nested more than"), ("later.yaml", Later, "to_come is not a setting"), ("typed.yaml", "batch_size: many", "batch_size"), ("bomb.json", new string('[', 5000), "depth")])
        {
            using var content = new StringContent(recipe);
            using var form = new MultipartFormDataContent { { content, "file", file } };
            form.Add(new StringContent(token), "__RequestVerificationToken");
            using var answer = await server.Client.PostAsync("/templates/import", form, stop);
            var told = await answer.Content.ReadAsStringAsync(stop);
            Assert.True(answer.StatusCode == HttpStatusCode.UnprocessableEntity && told.Contains(reason, StringComparison.Ordinal), $"{file}: {answer.StatusCode} {told}");
        }

        Assert.Equal(["bad.yaml", "later.yaml"], Directory.GetFiles(Path.Combine(server.Home, "templates"), "*.yaml").Select(Path.GetFileName).Order());
    }

    private const string Bad = "? &a [*a]\n: 1\n";

    private const string Later = "# Of a later version\nmodel_size: tiny\nto_come: 1\n";

    private static void Damage(string home)
    {
        Write("runs/bad/config.yaml", ": {\r\u0002");
        Write("runs/bad/events.jsonl", "{\"event\":\"run_started\"}\n{\"event\":\"step_logged\",\"step\":1,\"epoch\":0,\"loss\":\"NaN\",\"loss_by_noise_level\":[null]}\n{\"event\":\"samples_drawn\",\"step\":1}\n\0\0");
        Write("runs/bad/job.json", "{");
        Write("runs/gift/config.yaml", "model_size: tiny\ndataset: rows.jsonl\n");
        Write("datasets/bad/dataset.json", "{\"id\":\"bad\"}");
        Write("models/bad/config.json", "{");
        Write("runs/later/config.yaml", Later);
        Write("templates/bad.yaml", Bad);
        Write("templates/later.yaml", Later);
        Write("templates/.start", "bad");
        Write("chats/20260131-120000-aaaaaa.json", "{\"id\":null}");
        Write("queue.json", "[");
        Write("self-tests.json", "{\"bert\":null}");
        Write("adopted-runs.json", "\0");
        Write("workbench.db", "no database");

        void Write(string name, string text)
        {
            var path = Path.Combine(home, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }
    }
}
