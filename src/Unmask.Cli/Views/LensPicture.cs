using Spectre.Console;
using Unmask.Core.Data;
using Unmask.Core.Parameters;

namespace Unmask.Cli.Views;

/// <summary>Rows of training data for people: each token as text/id, in lines of one role. Colors only repeat what the words say.</summary>
public sealed class LensPicture(IAnsiConsole console, TrainParameters parameters)
{
    private const int RoleWidth = 13;

    private static readonly Style Faint = new(Color.Grey58);

    public void Print(LensView view, bool text)
    {
        foreach (var row in view.Rows)
        {
            PrintHead(row);
            if (text && row.Text is { } rendered) PrintText(rendered);
            PrintTokens(row);
            if (row.Noise is { } noise) new NoisePicture(console, parameters.ResolvedLossWeightType).Print(row, noise);
            console.WriteLine();
        }

        PrintLegend(view);
    }

    internal static Style StyleOf(TokenRole role) => role switch
    {
        TokenRole.Begin => new Style(Color.MediumPurple),
        TokenRole.Prompt => new Style(Color.SteelBlue1),
        TokenRole.Response => new Style(Color.Green3),
        TokenRole.Padding or TokenRole.BlindPadding => new Style(Color.DarkKhaki),
        TokenRole.Cut => new Style(Color.IndianRed, decoration: Decoration.Strikethrough),
        _ => Faint,
    };

    /// <summary>A token's text without blanks and line breaks, so that lines break between tokens only.</summary>
    internal static string Shown(string text) => text.Length == 0 ? "<>" : string.Concat(text.Select(letter => letter switch
    {
        '\n' => "\u21b5",
        '\t' => "\u2192",
        ' ' => "\u00b7",
        _ when char.IsControl(letter) || char.IsWhiteSpace(letter) => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}"),
        _ => letter.ToString(),
    }));

    internal static string Words(TokenRole role) => Format.Words(System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(role.ToString()));

    private void PrintHead(LensRow row)
    {
        var place = row.File is { } file ? $"{Path.GetFileName(file)}:{row.Row}" : $"row {row.Row}";
        var head = new Paragraph(place, new Style(decoration: Decoration.Bold));
        if (row.Rule is { } rule) head.Append($"  read as {rule}", Faint);
        console.Write(head.Append("\n"));
        var counts = row.Counts;
        if (counts.Tokens + counts.Padding > 0)
        {
            var parts = new (int Count, string What)[] { (counts.Prompt, "prompt"), (counts.Response, "response"), (counts.Cut, "cut") };
            var whole = string.Join(", ", parts.Where(part => part.Count > 0).Select(part => $"{part.Count} {part.What}"));
            console.WriteLine($"{counts.Tokens} tokens{(whole.Length == 0 ? "" : $": {whole}")}{(counts.Padding > 0 ? $"; {counts.Padding} padding" : "")}; {counts.Scored} scored");
        }

        if (row.Reason is { } reason) console.WriteLine(reason, new Style(row.Status is RowStatus.Truncated or RowStatus.HeldOut ? Color.Orange1 : Color.IndianRed));
    }

    private void PrintText(string text)
    {
        console.WriteLine("text", Faint);
        foreach (var line in text.TrimEnd('\n').Split('\n')) console.WriteLine($"  {line}");
    }

    private void PrintTokens(LensRow row)
    {
        if (row.Tokens.Count == 0) return;
        for (var start = 0; start < row.Tokens.Count;)
        {
            var role = row.Tokens[start].Role;
            var end = start;
            while (end < row.Tokens.Count && row.Tokens[end].Role == role) end++;
            var lines = new HangingLines(console.Profile.Width).Label($"{start,6}  ", Faint).Label($"{Words(role),-RoleWidth}  ", StyleOf(role));
            for (var at = start; at < end;)
            {
                var token = row.Tokens[at];
                var next = at + 1;
                while (next < end && row.Tokens[next] == token) next++;
                lines.Word((Shown(token.Text), StyleOf(role)), ($"/{token.Id}{(next - at > 1 ? $"\u00d7{next - at}" : "")}", Faint));
                at = next;
            }

            lines.Print(console);
            start = end;
        }
    }

    private void PrintLegend(LensView view)
    {
        if (view.Width > 0) console.WriteLine($"As one batch these rows are {view.Width} columns wide. Tokens are written text/id; \u00b7 is a blank, \u21b5 a line break, <> a part of a letter.", Faint);
        var roles = view.Rows.SelectMany(row => row.Tokens).Select(token => token.Role).Distinct().Order();
        foreach (var role in roles) console.WriteLine($"  {Words(role),-RoleWidth} {Meaning(role)}", Faint);
        if (view.ShiftsLogits) console.WriteLine("This model predicts each token at the position before it.", Faint);
        foreach (var note in view.Notes) console.WriteLine(note, Faint);
        if (view.HoldsOut)
        {
            console.WriteLine($"A validation split of {parameters.EvalSplit.ToString(CultureInfo.InvariantCulture)} (eval_split) of all rows is held out; --noise checks whether these rows are in it.", Faint);
        }
    }

    private static string Meaning(TokenRole role) => role switch
    {
        TokenRole.Begin => "prepended, so that the first token can be predicted; never masked",
        TokenRole.Prompt => "prompt: visible, never masked, never scored",
        TokenRole.Response => "response: may be masked; scored where masked",
        TokenRole.Padding => "supervised padding: visible, may be masked; scored where masked",
        TokenRole.BlindPadding => "padding: may be masked and scored, but attends to nothing",
        TokenRole.Cut => "truncated: beyond max_length, not used in training",
        _ => "neither masked nor scored",
    };
}
