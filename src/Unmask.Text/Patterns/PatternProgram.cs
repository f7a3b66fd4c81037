namespace Unmask.Text.Patterns;

internal enum Operation
{
    /// <summary>One code point of a set.</summary>
    Set,

    /// <summary>As many of a set as there are, Low to High, giving back one by one.</summary>
    GreedyRun,

    /// <summary>As many of a set as there are, giving none back.</summary>
    PossessiveRun,

    Anchor,

    /// <summary>Go on at Low; on failure at High.</summary>
    Fork,

    Jump,

    /// <summary>Remember the position in register Low.</summary>
    Mark,

    /// <summary>Go to High if the position has not moved since register Low was set: an empty round ends a loop.</summary>
    LeaveIfEmpty,

    /// <summary>Run the program after this up to High on its own: an atomic group.</summary>
    Atomic,

    /// <summary>Run the program after this up to High on its own and stay where we are.</summary>
    Look,

    Done,
}

/// <summary>One step of a compiled pattern.</summary>
internal readonly record struct Instruction(
    Operation Operation, int Low = 0, int High = 0, CodePointSet? Set = null, AnchorKind Anchor = default, LookNode? Look = null);

/// <summary>Turns a parsed pattern into steps for <see cref="PatternMatcher"/>.</summary>
internal sealed class PatternProgram
{
    private const int LargestProgram = 20_000;

    private readonly List<Instruction> _steps = [];

    private PatternProgram()
    {
    }

    public int Registers { get; private set; }

    public static PatternProgram Compile(PatternNode node, out Instruction[] steps)
    {
        var program = new PatternProgram();
        program.Emit(node);
        program.Add(new(Operation.Done));
        steps = [.. program._steps];
        return program;
    }

    private int Add(Instruction instruction)
    {
        if (_steps.Count >= LargestProgram) throw new FormatException("is too large once its counted repeats are written out");
        _steps.Add(instruction);
        return _steps.Count - 1;
    }

    private void Emit(PatternNode node)
    {
        switch (node)
        {
            case SetNode set:
                Add(new(Operation.Set, Set: set.Set));
                break;
            case AnchorNode anchor:
                Add(new(Operation.Anchor, Anchor: anchor.Kind));
                break;
            case SequenceNode sequence:
                foreach (var item in sequence.Items) Emit(item);
                break;
            case ChoiceNode choice:
                EmitChoice(choice);
                break;
            case RepeatNode repeat:
                EmitRepeat(repeat);
                break;
            case AtomicNode atomic:
                EmitOnItsOwn(new(Operation.Atomic), atomic.Body);
                break;
            case LookNode look:
                EmitOnItsOwn(new(Operation.Look, Look: look), look.Body);
                break;
        }
    }

    private void EmitOnItsOwn(Instruction opening, PatternNode body)
    {
        int at = Add(opening);
        Emit(body);
        Add(new(Operation.Done));
        _steps[at] = opening with { High = _steps.Count };
    }

    private void EmitChoice(ChoiceNode choice)
    {
        var jumps = new List<int>();
        for (int i = 0; i < choice.Options.Count - 1; i++)
        {
            int fork = Add(default);
            Emit(choice.Options[i]);
            jumps.Add(Add(default));
            _steps[fork] = new(Operation.Fork, fork + 1, _steps.Count);
        }
        Emit(choice.Options[^1]);
        foreach (var jump in jumps) _steps[jump] = new(Operation.Jump, _steps.Count);
    }

    private void EmitRepeat(RepeatNode repeat)
    {
        if (repeat.Greed == Greed.Possessive && repeat.Body is not SetNode)
        {
            EmitOnItsOwn(new(Operation.Atomic), repeat with { Greed = Greed.Greedy });
            return;
        }
        if (repeat.Body is SetNode set && repeat.Greed != Greed.Lazy)
        {
            var operation = repeat.Greed == Greed.Possessive ? Operation.PossessiveRun : Operation.GreedyRun;
            Add(new(operation, repeat.Least, repeat.Most ?? int.MaxValue, set.Set));
            return;
        }
        for (int i = 0; i < repeat.Least; i++) Emit(repeat.Body);
        if (repeat.Most is { } most)
        {
            var forks = new List<int>();
            for (int i = repeat.Least; i < most; i++)
            {
                forks.Add(Add(default));
                Emit(repeat.Body);
            }
            foreach (var fork in forks) _steps[fork] = Fork(fork + 1, _steps.Count, repeat.Greed);
            return;
        }
        bool mayBeEmpty = repeat.Body.Width.Least == 0;
        int register = mayBeEmpty ? Registers++ : 0;
        int loop = Add(default);
        if (mayBeEmpty) Add(new(Operation.Mark, register));
        Emit(repeat.Body);
        int leave = mayBeEmpty ? Add(default) : -1;
        Add(new(Operation.Jump, loop));
        if (leave >= 0) _steps[leave] = new(Operation.LeaveIfEmpty, register, _steps.Count);
        _steps[loop] = Fork(loop + 1, _steps.Count, repeat.Greed);
    }

    private static Instruction Fork(int body, int after, Greed greed) =>
        greed == Greed.Lazy ? new(Operation.Fork, after, body) : new(Operation.Fork, body, after);
}
