using System.Text;
using Unmask.Core.Events;

namespace Unmask.Cli.Views.Training;

/// <summary>Hands the events on as they stand in <c>events.jsonl</c>, one JSON object a line.</summary>
public sealed class JsonTrainingView(TextWriter output) : IEventSink
{
    public void Write(RunEvent happened)
    {
        output.Write(Encoding.UTF8.GetString(EventFormat.ToLine(happened)));
        output.Flush();
    }
}
