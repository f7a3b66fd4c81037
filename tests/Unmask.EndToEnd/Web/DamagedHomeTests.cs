using System.Net;
using System.Net.Http.Headers;
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
            ("/", "bad"), ("/runs", "config.yaml"), ("/runs/bad", "config.yaml"), ("/runs/bad/config", "config.yaml"), ("/runs/bad/samples", "bad"), ("/runs/bad/log", "bad"), ("/runs/bad/checkpoints", "bad"),
            ("/runs/bad/outputs", "bad"), ("/runs/gift", "has not been queued here"), ("/datasets", "dataset.json"), ("/datasets/bad", "dataset.json"), ("/models", "config.json"), ("/train", "to mend"), ("/templates/bad", "bad"),
        ])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, page) { Headers = { Accept = { new MediaTypeWithQualityHeaderValue("text/html") } } };
            using var answer = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
            var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.True(answer.StatusCode == HttpStatusCode.OK && text.Contains(reason, StringComparison.Ordinal), $"{page}: {answer.StatusCode} {text[..Math.Min(300, text.Length)]}");
        }

        foreach (var (address, reason) in ((string, string)[])[("/api/runs", "\"unreadable\""), ("/api/runs/bad", "config.yaml"), ("/api/datasets", "dataset.json"), ("/api/models", "config.json"), ("/api/templates", "valid YAML"), ("/api/chats", "cannot be read"), ("/api/search", "gift"), ("/api/queue", "\"waiting\":[]")])
            Assert.Contains(reason, await server.Client.GetStringAsync(address, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private static void Damage(string home)
    {
        Write("runs/bad/config.yaml", ": {\r\u0002");
        Write("runs/bad/events.jsonl", "{\"event\":\"run_started\"}\n{\"event\":\"step_logged\",\"step\":1,\"epoch\":0,\"loss\":\"NaN\",\"loss_by_noise_level\":[null]}\n{\"event\":\"samples_drawn\",\"step\":1}\n\0\0");
        Write("runs/bad/job.json", "{");
        Write("runs/gift/config.yaml", "model_size: tiny\ndataset: rows.jsonl\n");
        Write("datasets/bad/dataset.json", "{\"id\":\"bad\"}");
        Write("models/bad/config.json", "{");
        Write("templates/bad.yaml", "? &a [*a]\n: 1\n");
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
