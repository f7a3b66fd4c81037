using System.Text;
using System.Text.Json;
using Unmask.Core.Protocol;
using Unmask.Core.Protocol.Client;
using Xunit;

namespace Unmask.Tests.Service;

public sealed class EngineWireTests
{
    [Fact]
    public void A_request_is_one_line_that_reads_back()
    {
        var line = Encoding.UTF8.GetString(EngineWire.Line(new EngineCall { Id = 7, Op = "machine", Args = new MachineRequest("a\nb", Measure: true) }));

        Assert.Equal("""{"id":7,"op":"machine","args":{"folder":"a\nb","measure":true}}""" + "\n", line);
        var read = EngineWire.ReadCall(line)!;
        Assert.Equal((7L, "machine"), (read.Id!.Value, read.Op));
        Assert.Equal(new MachineRequest("a\nb", true), EngineWire.Arguments<MachineRequest>(read));
    }

    [Fact]
    public void Missing_arguments_are_an_empty_object() => Assert.Equal(new MachineRequest(), EngineWire.Arguments<MachineRequest>(EngineWire.ReadCall("""{"id":1,"op":"machine"}""")!));

    [Fact]
    public void A_member_that_must_be_there_is_missed() => Assert.Contains("recipe", Assert.Throws<JsonException>(() => EngineWire.Arguments<CheckRequest>(new EngineCall())).Message);

    [Theory, InlineData(""), InlineData("{"), InlineData("[1]"), InlineData("null"), InlineData("""{"id":"seven"}""")]
    public void What_is_no_message_is_null(string line) => Assert.Null(EngineWire.ReadCall(line));

    [Fact]
    public void A_reply_holds_exactly_what_was_set()
    {
        Assert.Equal("""{"id":7,"progress":{"phase":"reading","done":3,"unit":"bytes"}}""" + "\n", Encoding.UTF8.GetString(EngineWire.Line(new EngineReply { Id = 7, Progress = new EngineProgress("reading", Done: 3, Unit: "bytes") })));
        Assert.Equal("""{"id":7,"error":{"problems":["No."],"cancelled":true}}""" + "\n", Encoding.UTF8.GetString(EngineWire.Line(new EngineReply { Id = 7, Error = new EngineError(["No."]) { Cancelled = true } })));
        Assert.Equal("""{"id":7,"result":{}}""" + "\n", Encoding.UTF8.GetString(EngineWire.Line(new EngineReply { Id = 7, Result = new Nothing() })));
    }

    [Fact]
    public void An_operation_is_named_as_its_request() => Assert.Equal("check", EngineRequest.OperationOf(typeof(CheckRequest)));

    [Theory]
    [InlineData(137, "signal 9 (SIGKILL")]
    [InlineData(70, "exit code 70")]
    public void A_death_is_told_with_its_cause_its_work_and_its_last_words(int exitCode, string cause)
    {
        var sentence = EngineDeath.Sentence(exitCode, ["plan", "plan"], ["warning: x", "Unhandled exception. System.Exception: boom", "   at A.B()", ""]);

        Assert.Contains(cause, sentence);
        Assert.Contains("while it worked on plan.", sentence);
        Assert.Contains("It last said: Unhandled exception. System.Exception: boom Try again", sentence);
    }
}
