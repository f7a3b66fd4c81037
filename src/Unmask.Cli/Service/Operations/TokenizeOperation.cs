using Unmask.Core.Service;
using Unmask.Engine.Adapters;
using Unmask.Engine.Text;

namespace Unmask.Cli.Service.Operations;

/// <summary>The tokens of a text.</summary>
internal sealed class TokenizeOperation : Operation<TokenizeRequest, TokenizedText>
{
    protected override TokenizedText Run(TokenizeRequest request, Call call)
    {
        // An adaptor without a tokenizer has that of its model.
        var tokenizer = Tokenizer.Load(AdapterFolder.IsAt(request.Model) ? ModelSource.OfAdapter(request.Model).FolderWithTokenizer : request.Model);
        var encoding = tokenizer.Encode(request.Text, request.AddSpecialTokens, request.ParseSpecialTokens);
        var pieces = TokenPieces.Of(tokenizer, encoding.Ids);
        return new TokenizedText([.. encoding.Ids.Select((id, at) => new TextToken(id, pieces[at], encoding.Tokens[at], tokenizer.AddedTokens.TryGetValue(id, out var added) && added.Special))]);
    }
}
