using System.CommandLine;
using System.Text;
using Unmask.Cli.Commands;
using Unmask.Cli.Shell;
using Unmask.Engine.Runtime;

// Names, samples and progress marks are UTF-8 whatever the locale says; no byte order mark, so output can be piped.
Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
Console.InputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
Screen.Guard();
UnmaskRuntime.Configure(RuntimeOptions.Fast);

var root = new RootCommand("Train, run and evaluate masked-diffusion language models.")
{
    ModelCommand.Create(),
    PlanCommand.Create(),
    TrainCommand.Create(),
    RunsCommand.Create(),
    DataCommand.Create(),
    ImportCommand.Create(),
    HubCommand.Create(),
    SampleCommand.Create(),
    ChatCommand.Create(),
    ServeCommand.Create(),
    WorkerCommand.Create(),
    EngineCommand.Create(),
    DoctorCommand.Create(),
    TokenizeCommand.Create(),
    BenchCommand.Create(),
    CompletionsCommand.Create(),
};

root.WithExamples(
    ("unmask train recipes/quickstart.yaml", "train a small model from scratch"),
    ("unmask doctor", "check this machine"));

return await CommandLine.RunAsync(root, args);
