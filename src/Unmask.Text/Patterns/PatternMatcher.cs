using Unmask.Text.Unicode;

namespace Unmask.Text.Patterns;

/// <summary>
/// Runs a compiled pattern over one text by backtracking, on whole code points. The work is bounded: a pattern that goes round in
/// circles on a hostile text ends with a <see cref="TimeoutException"/> instead of hanging the program.
/// </summary>
internal ref struct PatternMatcher(Instruction[] program, int registers, ReadOnlySpan<char> text, Frame[] stack)
{
    private readonly ReadOnlySpan<char> _text = text;
    private readonly int[] _registers = registers == 0 ? [] : new int[registers];
    private Frame[] _stack = stack;
    private int _depth;
    private long _budget = 5_000_000 + 2_000L * text.Length;

    /// <summary>The stack, which may have grown, for the next matcher to use.</summary>
    public readonly Frame[] Stack => _stack;

    /// <summary>The end of the match that starts at <paramref name="position"/>, or -1.</summary>
    public int Match(int position)
    {
        _depth = 0;
        return Run(0, position);
    }

    private int Run(int step, int position)
    {
        int bottom = _depth;
        while (true)
        {
            ref readonly var instruction = ref program[step];
            bool ok = true;
            switch (instruction.Operation)
            {
                case Operation.Set:
                    if (position < _text.Length && instruction.Set!.Contains(CodePoints.At(_text, position, out int units)))
                    {
                        position += units;
                        step++;
                    }
                    else ok = false;
                    break;
                case Operation.GreedyRun:
                    ok = TakeRun(in instruction, ref position, step);
                    step++;
                    break;
                case Operation.PossessiveRun:
                    ok = Advance(instruction.Set!, ref position, instruction.High) >= instruction.Low;
                    step++;
                    break;
                case Operation.Anchor:
                    ok = Holds(instruction.Anchor, position);
                    step++;
                    break;
                case Operation.Fork:
                    Push(new(instruction.High, position, -1));
                    step = instruction.Low;
                    break;
                case Operation.Jump:
                    Spend();
                    step = instruction.Low;
                    break;
                case Operation.Mark:
                    Push(new(~instruction.Low, _registers[instruction.Low], -1));
                    _registers[instruction.Low] = position;
                    step++;
                    break;
                case Operation.LeaveIfEmpty:
                    step = _registers[instruction.Low] == position ? instruction.High : step + 1;
                    break;
                case Operation.Atomic:
                    int end = Run(step + 1, position);
                    ok = end >= 0;
                    position = end;
                    step = instruction.High;
                    break;
                case Operation.Look:
                    ok = Looks(instruction.Look!, step + 1, position) != instruction.Look!.Negative;
                    step = instruction.High;
                    break;
                case Operation.Done:
                    _depth = bottom;
                    return position;
            }
            if (!ok && !Resume(bottom, ref step, ref position)) return -1;
        }
    }

    private bool Resume(int bottom, ref int step, ref int position)
    {
        while (_depth > bottom)
        {
            Spend();
            ref var frame = ref _stack[_depth - 1];
            if (frame.Step < 0)
            {
                _registers[~frame.Step] = frame.Position;
                _depth--;
                continue;
            }
            step = frame.Step;
            if (frame.Least < 0)
            {
                position = frame.Position;
                _depth--;
                return true;
            }
            // A run gives back its last code point.
            CodePoints.Before(_text, frame.Position, out int units);
            frame.Position -= units;
            position = frame.Position;
            if (frame.Position <= frame.Least) _depth--;
            return true;
        }
        return false;
    }

    private bool TakeRun(in Instruction run, ref int position, int step)
    {
        if (run.Low > 0)
        {
            int most = Math.Min(run.Low, run.High);
            if (Advance(run.Set!, ref position, most) < run.Low) return false;
        }
        int least = position;
        Advance(run.Set!, ref position, run.High - run.Low);
        if (position > least) Push(new(step + 1, position, least));
        return true;
    }

    private readonly int Advance(CodePointSet set, ref int position, int most)
    {
        int count = 0;
        while (count < most && position < _text.Length && set.Contains(CodePoints.At(_text, position, out int units)))
        {
            position += units;
            count++;
        }
        return count;
    }

    private bool Looks(LookNode look, int step, int position)
    {
        if (!look.Behind) return Run(step, position) >= 0;
        var (least, most) = look.Body.Width;
        int start = position;
        for (int width = 0; width <= most; width++)
        {
            if (width >= least && EndsAt(step, start, position)) return true;
            if (start == 0) return false;
            CodePoints.Before(_text, start, out int units);
            start -= units;
        }
        return false;
    }

    // A look behind must end where we are: the text is cut there, so that a greedy body cannot run past it.
    private bool EndsAt(int step, int start, int end)
    {
        var cut = new PatternMatcher(program, _registers.Length, _text[..end], []) { _budget = _budget };
        int found = cut.Run(step, start);
        _budget = cut._budget;
        return found == end;
    }

    private readonly bool Holds(AnchorKind anchor, int position) => anchor switch
    {
        AnchorKind.TextStart => position == 0,
        AnchorKind.TextEnd => position == _text.Length,
        AnchorKind.TextEndBeforeNewline => position == _text.Length || (position == _text.Length - 1 && _text[position] == '\n'),
        AnchorKind.LineStart => position == 0 || (_text[position - 1] == '\n' && position < _text.Length),
        AnchorKind.LineEnd => position == _text.Length || _text[position] == '\n',
        AnchorKind.WordBoundary => IsBoundary(position),
        _ => !IsBoundary(position),
    };

    private readonly bool IsBoundary(int position)
    {
        bool before = position > 0 && CodePoints.IsWordAlone(CodePoints.Before(_text, position, out _));
        bool after = position < _text.Length && CodePoints.IsWordAlone(CodePoints.At(_text, position, out _));
        return before != after;
    }

    private void Push(Frame frame)
    {
        if (_depth == _stack.Length) Array.Resize(ref _stack, Math.Max(64, _stack.Length * 2));
        _stack[_depth++] = frame;
        Spend();
    }

    private void Spend()
    {
        if (--_budget < 0) throw new TimeoutException();
    }
}

/// <summary>
/// A place to go back to: a step and a position. <c>Least</c> is not negative for a run of one set, which gives back code points down to it;
/// a negative step puts a register back.
/// </summary>
internal struct Frame(int step, int position, int least)
{
    public int Step = step;
    public int Position = position;
    public int Least = least;
}
