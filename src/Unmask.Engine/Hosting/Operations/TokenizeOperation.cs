using Unmask.Core.Protocol;
using Unmask.Engine.Hosting.Calls;
using Unmask.Engine.Modeling.Adapters;
using Unmask.Text.Tokenizers;

namespace Unmask.Engine.Hosting.Operations;

/// <summary>The tokens of a text. The last tokenizer is kept, for a page asks at each change of the text.</summary>
internal sealed class TokenizeOperation : Operation<TokenizeRequest, TokenizedText>
{
    private readonly Lock gate = new();
    private (string Folder, DateTime Written, Tokenizer Tokenizer)? last;

    protected override TokenizedText Run(TokenizeRequest request, Call call)
    {
        var tokenizer = Load(request.Model);
        var encoding = tokenizer.Encode(request.Text, request.AddSpecialTokens, request.ParseSpecialTokens);
        var pieces = TokenPieces.Of(tokenizer, encoding.Ids);
        return new TokenizedText([.. encoding.Ids.Select((id, at) => new TextToken(id, pieces[at], encoding.Tokens[at], tokenizer.AddedTokens.TryGetValue(id, out var added) && added.Special))]);
    }

    private Tokenizer Load(string model)
    {
        // An adapter without a tokenizer has that of its model.
        var folder = AdapterFolder.IsAt(model) ? ModelSource.OfAdapter(model).FolderWithTokenizer : model;
        var written = Directory.Exists(folder) ? Directory.EnumerateFiles(folder).Select(File.GetLastWriteTimeUtc).DefaultIfEmpty().Max() : default;
        lock (gate)
        {
            if (last is not { } kept || kept.Folder != folder || kept.Written != written) last = kept = (folder, written, Tokenizer.Load(folder));
            return kept.Tokenizer;
        }
    }
}
