using System.Diagnostics;
using System.Globalization;
using System.Text;
using Xunit;

namespace Unmask.EndToEnd;

/// <summary>What is packed is used as a stranger would use it: outside of the repository, from a feed.</summary>
public sealed class PackageTests : IDisposable
{
    private const string LibTorch = "libtorch-cpu-linux-x64";

    /// <summary>One that no cache has.</summary>
    private static readonly string version = string.Create(CultureInfo.InvariantCulture, $"0.1.0-test.{DateTime.UtcNow:yyyyMMddHHmmssfff}");

    private readonly Workplace place = new();

    public void Dispose() => place.Dispose();

    [Fact]
    public async Task An_app_that_references_the_package_trains_and_chats()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.Is64BitProcess, $"the app names {LibTorch}");
        await Pack("Unmask.Text");
        await Pack("Unmask");
        WriteApp();

        var restored = await Dotnet("restore", "app");
        Assert.SkipWhen(restored.Code != 0 && restored.Output.Contains("NU1301", StringComparison.Ordinal), "a package source cannot be reached");
        Assert.True(restored.Code == 0, restored.Output);
        var built = await Dotnet("build", "app", "--no-restore", "--nologo", "-p:UseSharedCompilation=false");
        Assert.True(built.Code == 0, built.Output);
        var ran = await Dotnet("app/bin/Debug/net10.0/app.dll", place.Recipe(), place.In("run"));

        Assert.True(ran.Code == 0, ran.Output + ran.Error);
        Assert.Contains("steps 1 2 3 4 5 6 7 8 9 10", ran.Output, StringComparison.Ordinal);
        Assert.Contains("provider unmask", ran.Output, StringComparison.Ordinal);
        Assert.Contains("tokens True", ran.Output, StringComparison.Ordinal);
        // The TorchSharp that the engine needs, and nothing that was not asked for.
        Assert.True(File.Exists(place.In("app/obj/Debug/net10.0/TorchSharp.dll")), "TorchSharp was not marked.");
        Assert.Contains("GOMP_SPINCOUNT unset", ran.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_tool_is_installed_and_runs()
    {
        await Pack("Unmask.Cli");
        var installed = await Dotnet("tool", "install", "Unmask.Tool", "--version", version, "--tool-path", place.In("tools"), "--source", place.In("feed"));
        Assert.True(installed.Code == 0, installed.Output + installed.Error);
        // It weighs half a gigabyte, and what was installed is what is tested.
        Directory.Delete(place.In("feed"), recursive: true);

        var tool = place.In(OperatingSystem.IsWindows() ? "tools/unmask.exe" : "tools/unmask");
        var told = await Run(tool, "--version");
        Assert.True(told.Code == 0 && told.Output.StartsWith("0.1.0", StringComparison.Ordinal), told.Output + told.Error);
        var trained = await Run(tool, "train", place.Recipe(), "--run-dir", place.In("run"));
        Assert.True(trained.Code == 0, trained.Output + trained.Error);
        var sampled = await Run(tool, "sample", "--model", place.In("run/outputs"), "--prompt", "ab", "--max-new-tokens", "8", "--steps", "4");
        Assert.True(sampled.Code == 0, sampled.Output + sampled.Error);
    }

    private async Task Pack(string project)
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        var packed = await Dotnet("pack", Path.Combine(Executable.Repository, "src", project), "-c", configuration, "--no-build", "-o", place.In("feed"), $"-p:PackageVersion={version}", "-p:IncludeSymbols=false");
        Assert.True(packed.Code == 0, packed.Output);
    }

    private void WriteApp()
    {
        Directory.CreateDirectory(place.In("app"));
        // What this machine has of packages is used where it is; the tested ones stay in this folder.
        File.WriteAllText(place.In("app/nuget.config"), $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="{place.In("packages")}" /></config>
              <packageSources><add key="tested" value="{place.In("feed")}" /></packageSources>
              <fallbackPackageFolders><add key="machine" value="{GlobalPackages()}" /></fallbackPackageFolders>
            </configuration>
            """);
        File.WriteAllText(place.In("app/app.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <CreateHardLinksForCopyFilesToOutputDirectoryIfPossible>true</CreateHardLinksForCopyFilesToOutputDirectoryIfPossible>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Unmask" Version="{version}" />
                <PackageReference Include="{LibTorch}" Version="2.10.0" />
              </ItemGroup>
            </Project>
            """);
        File.WriteAllText(place.In("app/Program.cs"), """
            using Microsoft.Extensions.AI;
            using Unmask;

            var steps = new List<long>();
            TrainingResult? result = null;
            await foreach (var happened in UnmaskTrainer.StreamAsync(TrainingRecipe.Load(args[0], "train_steps=10"), args[1]))
            {
                if (happened is TrainingStepEvent step) steps.Add(step.Step);
                result = (happened as TrainingFinishedEvent)?.Result;
            }

            Console.WriteLine($"steps {string.Join(' ', steps)}");
            using var model = await UnmaskModel.OpenAsync(result!.ModelFolder!, new ModelOptions { Device = "cpu" });
            using var chat = model.AsChatClient();
            Console.WriteLine($"provider {chat.GetService<ChatClientMetadata>()!.ProviderName}");
            var response = await chat.GetStreamingResponseAsync("ab", new ChatOptions { MaxOutputTokens = 8 }).ToChatResponseAsync();
            Console.WriteLine($"tokens {response.Usage!.InputTokenCount > 0}");
            Console.WriteLine($"GOMP_SPINCOUNT {Environment.GetEnvironmentVariable("GOMP_SPINCOUNT") ?? "unset"}");
            """);
    }

    private static string GlobalPackages() =>
        Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    private Task<Outcome> Dotnet(params string[] arguments) => Run("dotnet", arguments);

    private async Task<Outcome> Run(string file, params string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments) { WorkingDirectory = place.Folder, RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = Encoding.UTF8 };
        // No helper of a build outlives the test.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(6));
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{file} {string.Join(' ', arguments)} did not end in time.");
        }

        return new Outcome(process.ExitCode, await output, await error);
    }
}
