using System.Text.Json;
using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Reference;
using Xunit;

namespace Unmask.Tests.Parameters;

/// <summary>What is made from the catalog is current. UNMASK_WRITE_DOCS=1 writes the files instead of comparing.</summary>
public class ParameterDocumentTests
{
    [Fact]
    public void The_document_is_current() => Current("docs/parameters.md", ParameterDocument.Write());

    [Fact]
    public void The_schema_is_current() => Current("docs/recipe.schema.json", ParameterSchema.Write());

    [Fact]
    public void The_schema_knows_every_setting()
    {
        JsonElement properties = JsonDocument.Parse(ParameterSchema.Write()).RootElement.GetProperty("properties");
        foreach (Setting setting in ParameterCatalog.Settings)
        {
            JsonElement property = properties.GetProperty(setting.Name);
            Assert.Equal(setting.Title, property.GetProperty("title").GetString());
            Assert.True(property.TryGetProperty("default", out _), setting.Name);
        }

        Assert.Equal(1, properties.GetProperty("batch_size").GetProperty("minimum").GetDouble());
        Assert.Equal(["constant", "linear", "cosine", "constant_with_warmup"], properties.GetProperty("learning_rate_schedule").GetProperty("enum").EnumerateArray().Select(word => word.GetString()));
    }

    [Fact]
    public void Every_setting_says_what_it_is_for() =>
        Assert.All(ParameterCatalog.Settings, setting => Assert.True(setting.Title.Length > 2 && setting.Help.Length > 10 && setting.Help.EndsWith('.'), setting.Name));

    private static void Current(string name, string text)
    {
        string path = Path.Combine(Fixtures.Root, name);
        if (Environment.GetEnvironmentVariable("UNMASK_WRITE_DOCS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }

        Assert.True(File.Exists(path) && File.ReadAllText(path).ReplaceLineEndings("\n") == text, $"{name} is not current; run the tests once with UNMASK_WRITE_DOCS=1 and commit it.");
    }
}
