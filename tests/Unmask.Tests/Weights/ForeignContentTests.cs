using System.Text;
using Unmask.Engine.Modeling.Checkpoints.Safetensors;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Weights;

/// <summary>What lies in a file in place of weights is named.</summary>
public sealed class ForeignContentTests
{
    [Theory]
    [InlineData("<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>", "a web page (HTML)")]
    [InlineData("\r\n  <html lang=\"en\">", "a web page (HTML)")]
    [InlineData("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", "an XML text")]
    [InlineData("{\"error\":\"Repository not found\"}", "a JSON text")]
    [InlineData("PK\u0003\u0004 and so on, a zip", "pickles")]
    [InlineData("GGUF\u0003\0\0\0\0\0\0\0\0\0\0", "llama.cpp")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:5b3c1e905b3c1e905b3c1e905b3c1e905b3c1e905b3c1e905b3c1e905b3c1e90\nsize 437955512\n", "Git LFS")]
    public void It_is_named_with_what_to_do(string content, string part)
    {
        using var folder = new TemporaryFolder();
        var error = Assert.Throws<UserError>(() => SafetensorsFile.Open(folder.Write("model.safetensors", Encoding.Latin1.GetBytes(content))));
        Assert.Contains("model.safetensors", error.Message);
        Assert.Contains(part, error.Message);
        Assert.DoesNotContain("header claims", error.Message);
    }

    [Fact]
    public void What_is_not_known_is_told_by_its_header()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("header claims", Assert.Throws<UserError>(() => SafetensorsFile.Open(folder.Write("model.safetensors", Encoding.ASCII.GetBytes("nothing that anybody knows")))).Message);
    }
}
