// dotnet run chat.cs -- MODEL      MODEL is a folder, or owner/name on the Hugging Face Hub
// Outside of this repository the next two lines are: #:package Unmask@0.1.0 and #:package libtorch-cpu-linux-x64@2.10.0
#:project ../../src/Unmask/Unmask.csproj
#:package libtorch-cpu-linux-x64
#:property PublishAot=false
using Microsoft.Extensions.AI;
using Unmask;

using var model = await UnmaskModel.OpenAsync(args[0]);
using var chat = model.AsChatClient();
for (string? line; (line = Console.ReadLine()) is not null; Console.WriteLine())
{
    await foreach (var update in chat.GetStreamingResponseAsync(line)) Console.Write(update.Text);
}
